import {createHash} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
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
const config = '# from the server\nhostname: installed\nhaos:\n  password: geheim\n'

let iso = ''
let served: ServedFiles
let before = ''
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
  await machine.waitForExit({timeoutMs: 5 * minutes})
}

/** Starts the machine from its disk alone; what it writes stays. */
const startInstalled = (firmware: 'bios' | 'uefi') =>
  Machine.start({disks: [{file: target}], firmware, memoryMiB: 768, linesInMessages: true})

/** What must be the same at every boot of one installed system, whatever its firmware. */
const identity = 'cat /etc/machine-id; sudo cat /var/lib/ssh/ssh_host_ed25519_key.pub; sudo cat /var/lib/mine'

describe.skipIf(missing !== undefined)(`an installation without questions (${missing ?? 'from the ISO'})`, () => {
  test('it installs onto the selected disk, leaves the other one unchanged, and powers off', () => {
    expect(digest(other)).toBe(before)
    expect(served.requests).toEqual(['/config.yaml'])
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
      await machine.succeed('sudo touch /etc/mine /usr/local/mine /opt/mine ~/mine; echo kept | sudo tee /var/lib/mine')
      await machine.waitUntilSucceeds('sudo test -s /var/lib/ssh/ssh_host_ed25519_key.pub', {timeoutMs: 10 * minutes})
      remembered = await machine.succeed(identity)
      await machine.powerOff({timeoutMs: 5 * minutes})
    }
    await using machine = await startInstalled('uefi')
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})

    expect(await machine.succeed(identity)).toBe(remembered)
    expect(await machine.succeed('ls /usr/local/mine /opt/mine ~/mine; ls /etc/mine 2>/dev/null || echo gone')).toBe(
      '/home/rancher/mine\n/opt/mine\n/usr/local/mine\ngone',
    )
  })
})
