import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, truncateSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {remasteredNode, remasterForNode} from '../image/remaster-for-node.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const GiB = 2 ** 30

describe.skipIf(missing !== undefined)(`a disk image (${missing ?? 'of the test recipe'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-disk-test-'))
  const file = join(scratch, 'node.raw')
  const start = (firmware: 'bios' | 'uefi') =>
    Machine.start({disks: [{file}], firmware, memoryMiB: 768, linesInMessages: true})
  beforeAll(async () => {
    const {disk = ''} = await buildTarget('disk', {arguments: ['--set', 'password=geheim']})
    execFileSync('cp', ['--sparse=always', disk, file])
    truncateSync(file, 8 * GiB)
  })
  afterAll(() => rmSync(scratch, {recursive: true, force: true}))

  test('it boots under BIOS, applies its config and grows to the whole disk; remastered, it boots under UEFI as the same machine', async () => {
    let machineId = ''
    {
      await using machine = await start('bios')
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
      await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})

      expect(await machine.succeed('hostname; cat /run/haos/mode /run/phases')).toBe(
        'baked\ndisk\ninitrd\nboot\nruntime',
      )
      expect(Number(await machine.succeed('df --output=size -k /var | tail -n 1'))).toBeGreaterThan(7.5 * 2 ** 20)
      expect(await machine.run('ls /haos/system/growpart')).not.toMatchObject({status: 0})
      machineId = await machine.succeed('cat /etc/machine-id')
      await machine.powerOff({timeoutMs: 5 * minutes})
    }
    const program = join(import.meta.dirname, '../../bin/start.ts')
    execFileSync(process.execPath, [program, 'remaster', file, '--append', 'haos.hostname=again'])
    await using machine = await start('uefi')
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

    expect(await machine.succeed('hostname; cat /etc/machine-id')).toBe(`again\n${machineId}`)
  })

  test.each(['qcow2', 'vmdk', 'vhd'] as const)('as %s it boots', async (format) => {
    const {disk = ''} = await buildTarget('disk', {arguments: ['--set', 'password=geheim', '--format', format]})
    expect(disk).toMatch(new RegExp(`\\.${format}$`))
    await using machine = await boot(disk, {memoryMiB: 768})
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

    expect(await machine.succeed('hostname; cat /run/haos/mode')).toBe('baked\ndisk')
  })

  test.each(['raw', 'qcow2'] as const)('remastered as %s, it has its new name and config', async (format) => {
    const {disk = ''} = await buildTarget('disk', {arguments: ['--set', 'password=geheim', '--format', format]})
    const directory = mkdtempSync(join(scratch, 'node-'))
    const node = await remasterForNode(disk, directory, {config: 'haos:\n  password: neu\n'})
    await using machine = await boot(node, {memoryMiB: 768})
    await machine.login({user: 'rancher', password: 'neu', timeoutMs: 10 * minutes})

    expect(await machine.succeed(`hostname; ${remasteredNode.ask}`)).toBe(`wanted\n${remasteredNode.answer}`)
    expect(Number(await machine.succeed('df --output=size -k /var | tail -n 1'))).toBeGreaterThan(2.5 * 2 ** 20)
  })
})
