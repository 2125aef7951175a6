import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {type DebianDisk, makeDebianDisk} from '../image/debian-disk.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'
import {mmdebstrap} from '../test-tools.ts'
import {whyNoTools} from '../why-no-tools.ts'

const missing =
  (await whyNoBoot({firmware: 'uefi'})) ??
  (await whyNoTools([mmdebstrap])) ??
  (process.getuid?.() === 0 ? undefined : 'only root makes the other system')
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const config = 'hostname: scripted\nhaos:\n  password: geheim\n'

describe.skipIf(missing !== undefined)(`install.sh (${missing ?? 'in a Debian that runs'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-install-script-test-'))
  const target = join(scratch, 'target.img')
  let debian: DebianDisk
  let served: ServedFiles
  let machine: Machine
  beforeAll(async () => {
    const iso = await buildImage()
    served = await serveFiles({
      '/haos.iso': readFileSync(iso),
      '/config.yaml': config,
      '/wrong.yaml': 'hostnam: x\n',
      '/install.sh': readFileSync(join(import.meta.dirname, '../../runtime/install/install.sh')),
    })
    debian = makeDebianDisk(scratch)
    machine = await boot(debian.direct, {
      memoryMiB: 2048,
      disks: [{file: debian.file}, {file: target, sizeBytes: 4 * 2 ** 30}],
    })
    await machine.login({user: 'root', timeoutMs: 15 * minutes})
    await machine.waitUntilSucceeds(`curl -fsO ${url('install.sh')} && curl -fsO ${url('haos.iso')}`)
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })
  const url = (name: string) => `http://10.0.2.2:${served.port}/${name}`
  const install = (words: string) => machine.run(`sh install.sh --stay ${words}`, {timeoutMs: 20 * minutes})
  const leftovers =
    'losetup --list --noheadings; grep install /proc/mounts; ls -d /var/tmp/install.* 2>/dev/null || true'

  test.each([
    ['an ISO that is not there', '/dev/vdb /none.iso', 'there is no /none.iso'],
    ['something that is no ISO', '/dev/vdb install.sh', 'install.sh could not be mounted'],
    ['the disk that it runs from', '/dev/vda haos.iso', '/dev/vda is in use: /dev/vda1 on /'],
    [
      'another partition than the running root',
      '--takeover --no-format /dev/vdb haos.iso',
      '/dev/vdb is not the running root',
    ],
    ['a takeover that would format', '--takeover /dev/vda1 haos.iso', 'add --no-format'],
    ['a config with a mistake', '--config $PWD/wrong.yaml /dev/vdb haos.iso', 'config.yaml:1:1: hostnam '],
  ])('%s is refused, and nothing is written', async (_, words, reason) => {
    await machine.succeed(`curl -fsO ${url('wrong.yaml')}`)
    const {status, output} = await install(words)
    expect(output).toMatch(new RegExp(reason))
    expect(status).not.toBe(0)
    expect(await machine.succeed('cmp -n 1000000000 /dev/vdb /dev/zero && echo empty')).toBe('empty')
    expect(await machine.succeed(leftovers)).toBe('')
  })

  test('an ISO from a server goes onto another disk, and nothing stays mounted', async () => {
    const {output} = await install(`--config ${url('config.yaml')} --tty ttyS0 /dev/vdb ${url('haos.iso')}`)
    expect(output).toContain('is installed on /dev/vdb3')
    expect(await machine.succeed(leftovers)).toBe('')
  })

  test('the running root is taken over, and the machine powers off after everything else is deleted', async () => {
    const {output} = await install(
      `--takeover --no-format --tty ttyS0 --config ${url('config.yaml')} /dev/vda1 ${url('haos.iso')}`,
    )
    expect(output).toContain('is installed on /dev/vda1')
    await machine.powerOff({timeoutMs: 10 * minutes})

    // Its own GRUB, in the boot sector, reads the new menu.
    await using once = await Machine.start({disks: [{file: debian.file}], memoryMiB: 768, linesInMessages: true})
    await once.waitForExit({timeoutMs: 30 * minutes})

    await using after = await Machine.start({disks: [{file: debian.file}], memoryMiB: 768, linesInMessages: true})
    await after.login({user: 'rancher', password: 'geheim', timeoutMs: 15 * minutes})
    expect(await after.succeed('hostname; cat /run/haos/mode')).toBe('scripted\ndisk')
    const state = '/run/haos/state'
    expect((await after.succeed(`sudo ls -A ${state}`)).split('\n').sort()).toEqual(['boot', 'haos', 'lost+found'])
    expect(await after.succeed(`sudo ls -A ${state}/boot`)).toBe('grub')
  })

  test.each(['bios', 'uefi'] as const)('the other disk boots under %s, with its config', async (firmware) => {
    await using installed = await Machine.start({
      disks: [{file: target}],
      firmware,
      memoryMiB: 768,
      linesInMessages: true,
    })
    await installed.login({user: 'rancher', password: 'geheim', timeoutMs: 15 * minutes})
    expect(await installed.succeed('hostname; cat /run/haos/mode')).toBe('scripted\ndisk')
    await installed.powerOff({timeoutMs: 5 * minutes})
  })
})
