import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {withoutBootCode} from '#layout'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const scratch = mkdtempSync(join(tmpdir(), 'haos-boot-sectors-test-'))
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

/** A disk whose first sector has this code and the signature that firmware expects. */
function disk(name: string, code: Uint8Array | readonly number[], signature: readonly number[] = [0x55, 0xaa]) {
  const bytes = Buffer.alloc(1 << 20)
  bytes.set(code)
  bytes.set(signature, 510)
  writeFileSync(join(scratch, name), bytes)
  return {file: join(scratch, name)}
}

/** Code that sends a line over the serial port, and stops. */
const saying = (line: string) => [
  ...[0xba, 0xf8, 0x03],
  ...[...Buffer.from(`${line}\n`)].flatMap((byte) => [0xb0, byte, 0xee]),
  ...[0xfa, 0xf4],
]

describe.skipIf(missing !== undefined)(`a disk on which an installation was cut (${missing ?? 'under BIOS'})`, () => {
  const code = withoutBootCode(new Uint8Array(512)).subarray(0, 510)
  const cut = disk('cut', code)

  test('the next disk with boot code boots, and disks without it are skipped', async () => {
    const empty = disk('empty', [], [])
    const data = disk('data', [])
    const other = disk('other', code)
    const stick = {...disk('stick', saying('the stick is started')), bus: 'usb'} as const
    await using machine = await Machine.start({disks: [cut, empty, data, other, stick], memoryMiB: 64, network: false})

    await machine.waitFor('the stick is started', {timeoutMs: 120_000})
  })

  test('without one, the firmware continues', async () => {
    await using machine = await Machine.start({disks: [cut, disk('data', [])], memoryMiB: 64, network: false})

    await expect(machine.waitFor('anything', {timeoutMs: 120_000})).rejects.toMatchObject({
      message: 'the firmware found nothing to boot',
    })
  })
})
