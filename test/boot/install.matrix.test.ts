import {createHash} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {shellQuote} from '#dsl'
import {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const GiB = 2 ** 30
const scratch = mkdtempSync(join(tmpdir(), 'haos-install-test-'))
const target = join(scratch, 'target.img')
const other = join(scratch, 'other.img')
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
const config = '# from the server\nhostname: installed\nswap: {size: 64M}\nhaos:\n  password: geheim\n'

let iso = ''
let served: ServedFiles
let before = ''
/** What the console showed from the command to power off to the end. */
let ending = ''
beforeAll(async () => {
  if (missing !== undefined) return
  iso = await buildImage()
  served = await serveFiles({'/config.yaml': config})
  writeFileSync(other, Buffer.alloc(2 ** 20, 'data'))
  truncateSync(other, 64 * 2 ** 20)
  before = digest(other)
  await install()
})
afterAll(() => {
  served?.close()
  rmSync(scratch, {recursive: true, force: true})
})

/** Installs onto the selected one of two disks, and waits until the machine is powered off. */
async function install(): Promise<void> {
  const keys = {
    device: 'serial=TARGET',
    config_url: `http://10.0.2.2:${served.port}/config.yaml`,
    silent: 'true',
    power_off: 'true',
  }
  const words = Object.entries(keys).map(([key, value]) => `haos.install.${key}=${value}`)
  await using machine = await boot(iso, {
    memoryMiB: 768,
    disks: [
      {file: other, serial: 'DATA'},
      {file: target, sizeBytes: 4 * GiB, serial: 'TARGET'},
    ],
    appendCmdline: ['haos.mode=install', ...words].join(' '),
    failOn: [/not installed: .*/],
  })
  await machine.waitFor('Powering off', {timeoutMs: 15 * minutes})
  const told = machine.console.text.length
  await machine.waitForExit({timeoutMs: 5 * minutes})
  ending = machine.console.text.slice(told)
}

/** Starts the machine from its disk alone; what it writes stays. */
const startInstalled = (firmware: 'bios' | 'uefi') =>
  Machine.start({disks: [{file: target}], firmware, memoryMiB: 768, linesInMessages: true})

/** What must be the same at every boot of one installed system, whatever its firmware. */
const identity = 'cat /etc/machine-id; sudo cat /var/lib/ssh/ssh_host_ed25519_key.pub; sudo cat /var/lib/mine'

/** The swap file of the config: its path, its size in KiB without the page of its header, and its mode. */
const swap =
  'grep -q swap /proc/swaps && awk \'NR > 1 {printf "%s %s ", $1, $3}\' /proc/swaps; sudo stat -c %a /var/lib/rancher/haos/swap'

describe.skipIf(missing !== undefined)(`an installation without questions (${missing ?? 'from the ISO'})`, () => {
  test('it installs onto the selected disk, leaves the other one unchanged, and powers off', () => {
    expect(digest(other)).toBe(before)
    expect(served.requests).toEqual(['/config.yaml'])
  })

  test('no service is waited for before it switches off, as OpenRC does for one that is still starting', () => {
    expect(ending).toContain('Ending all processes')
    expect(ending).not.toMatch(/waiting for .*seconds/)
  })

  test('it boots under BIOS with its config, on the whole of a disk that has grown, and under UEFI as the same machine: persistent data are kept, and /etc is not', async () => {
    let remembered = ''
    {
      truncateSync(target, 8 * GiB)
      await using machine = await startInstalled('bios')
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

      expect(await machine.succeed('hostname; cat /run/haos/mode')).toBe('installed\ndisk')
      expect(await machine.succeed('sudo cat /haos/system/config.yaml; sudo stat -c %a /haos/system/config.yaml')).toBe(
        `${config}600`,
      )
      expect(Number(await machine.succeed('df --output=size -k /var | tail -n 1'))).toBeGreaterThan(7.5 * 2 ** 20)
      expect(await machine.run('ls /haos/system/growpart')).not.toMatchObject({status: 0})
      expect(await machine.run('sudo touch /usr/x')).toMatchObject({status: 1})
      expect(await machine.succeed('readlink /haos/system/haos/current')).toBe('0.1.0')
      expect(await machine.waitUntilSucceeds(swap, {timeoutMs: 5 * minutes})).toBe(
        '/var/lib/rancher/haos/swap 65532 600',
      )
      await machine.succeed('sudo touch /etc/mine /usr/local/mine /opt/mine ~/mine; echo kept | sudo tee /var/lib/mine')
      await machine.waitUntilSucceeds('sudo test -s /var/lib/ssh/ssh_host_ed25519_key.pub', {timeoutMs: 10 * minutes})
      remembered = await machine.succeed(identity)
      await machine.powerOff({timeoutMs: 5 * minutes})
    }
    await using machine = await startInstalled('uefi')
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

    expect(await machine.succeed(identity)).toBe(remembered)
    expect(await machine.waitUntilSucceeds(swap, {timeoutMs: 5 * minutes})).toBe('/var/lib/rancher/haos/swap 65532 600')
    expect(await machine.succeed('ls /usr/local/mine /opt/mine ~/mine; ls /etc/mine 2>/dev/null || echo gone')).toBe(
      '/home/rancher/mine\n/opt/mine\n/usr/local/mine\ngone',
    )
  })

  test('a medium of another build runs its own system beside it, and the disk its own beside the medium', async () => {
    const medium = await buildImage({out: join(scratch, 'other-build'), arguments: ['--set', 'password=andere']})
    const asked = 'hostname; cat /run/haos/mode; test "$(uname -r)" = "$(ls /usr/lib/modules)" && echo its own modules'
    {
      await using machine = await boot(medium, {memoryMiB: 768, disks: [{file: target, snapshot: true}]})
      await machine.login({user: 'rancher', password: 'andere', timeoutMs: 15 * minutes})
      expect(await machine.succeed(asked)).toBe('baked\nlive\nits own modules')
    }
    await using machine = await Machine.start({
      disks: [{file: target, snapshot: true}],
      memoryMiB: 768,
      linesInMessages: true,
      qemuArguments: ['-drive', `file=${medium},media=cdrom,readonly=on,if=ide`],
    })
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
    expect(await machine.succeed(asked)).toBe('installed\ndisk\nits own modules')
  })

  test('under UEFI it has an entry in the menu of the firmware, which starts it although the medium is still there', async () => {
    const file = join(scratch, 'by-entry.img')
    writeFileSync(file, '')
    truncateSync(file, 4 * GiB)
    // Without QEMU's own order (bootindex), which OVMF prefers to that of its variables.
    await using machine = await Machine.start({
      firmware: 'uefi',
      memoryMiB: 768,
      linesInMessages: true,
      qemuArguments: [
        ...['-drive', `file=${iso},media=cdrom,readonly=on,if=ide`],
        ...[
          '-drive',
          `file=${file},format=raw,if=none,id=target`,
          '-device',
          'virtio-blk-pci,drive=target,serial=TARGET',
        ],
      ],
    })
    await machine.login({user: 'rancher', timeoutMs: 15 * minutes})
    await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})
    const flags = `--silent --stay --device=serial=TARGET --config-url=http://10.0.2.2:${served.port}/config.yaml`
    await machine.succeed(`sudo haos install ${flags}`, {timeoutMs: 15 * minutes})
    await machine.reboot({timeoutMs: 5 * minutes})
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

    const number = "od -An -tx2 -j4 /sys/firmware/efi/efivars/BootCurrent-* | tr -d ' ' | tr a-f A-F"
    const title = `cat /sys/firmware/efi/efivars/Boot$(${number})-* | tail -c +11 | tr -d '\\0' | head -c 4`
    await machine.waitUntilSucceeds('ls /sys/firmware/efi/efivars/BootCurrent-*')
    expect(await machine.succeed(`cat /run/haos/mode; sudo sh -c ${shellQuote(title)}`)).toBe('disk\nHAOS')
  })
})
