import {execFileSync} from 'node:child_process'
import {closeSync, mkdtempSync, openSync, rmSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000

describe.skipIf(missing !== undefined)(`a node that lives on a disk (${missing ?? 'of the test recipe'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-disk-life-test-'))
  const booted = join(scratch, 'booted.raw')
  const file = join(scratch, 'node.raw')
  const start = async ({readOnly = false, uuid = '11111111-2222-4333-8444-555555555555'} = {}) => {
    const machine = await Machine.start({
      disks: [{file, readOnly}],
      memoryMiB: 768,
      linesInMessages: true,
      qemuArguments: ['-uuid', uuid],
    })
    await logIn(machine)
    return machine
  }
  /** What no two machines may share, one a line. */
  const asked = 'cat /etc/machine-id; sudo cut -d " " -f 2 /var/lib/ssh/ssh_host_ed25519_key.pub'
  let identity = ''
  const logIn = (machine: Machine) => machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
  beforeAll(async () => {
    const {disk = ''} = await buildTarget('disk', {arguments: ['--set', 'password=geheim']})
    execFileSync('cp', ['--sparse=always', disk, file])
    await using machine = await start()
    await machine.succeed('echo kept | sudo tee /var/lib/mine')
    await machine.waitUntilSucceeds('sudo test -s /var/lib/ssh/ssh_host_ed25519_key.pub', {timeoutMs: 10 * minutes})
    identity = await machine.succeed(asked)
    await machine.powerOff({timeoutMs: 5 * minutes})
    execFileSync('cp', ['--sparse=always', file, booted])
  })
  // Each test gets the disk of a node that has booted once and keeps something.
  beforeEach(() => void execFileSync('cp', ['--sparse=always', booted, file]))
  afterAll(() => rmSync(scratch, {recursive: true, force: true}))

  test('a factory reset deletes persistent data, once, and keeps the system', async () => {
    await using machine = await start()
    await machine.succeed('echo kept | sudo tee /var/lib/mine; touch ~/mine; sudo touch /usr/local/mine /opt/mine')
    await machine.succeed('sudo touch /haos/system/factory-reset')
    await machine.reboot()
    await logIn(machine)
    expect(machine.console.text).toContain('Deleting everything in /var, /home, /opt and /usr/local')
    const all =
      'ls /var/lib/mine /home/rancher/mine /usr/local/mine /opt/mine /haos/system/factory-reset 2>/dev/null; true'
    expect(await machine.succeed(all)).toBe('')
    expect(await machine.succeed('hostname; cat /run/haos/mode')).toBe('baked\ndisk')

    await machine.succeed('echo kept | sudo tee /var/lib/mine')
    await machine.reboot()
    await logIn(machine)
    expect(await machine.succeed('cat /var/lib/mine')).toBe('kept')
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('a copy in another machine becomes another one that keeps what the first had, and the first stays the same', async () => {
    {
      await using same = await start()
      expect(await same.succeed(asked)).toBe(identity)
      expect(same.console.text).not.toContain('This disk is a copy')
      await same.powerOff({timeoutMs: 5 * minutes})
    }
    await using copy = await start({uuid: '99999999-2222-4333-8444-555555555555'})
    expect(copy.console.text).toContain('This disk is a copy')
    await copy.waitUntilSucceeds('sudo test -s /var/lib/ssh/ssh_host_ed25519_key.pub', {timeoutMs: 10 * minutes})
    const other = await copy.succeed(asked)
    const shared = other.split('\n').filter((line) => identity.split('\n').includes(line))
    expect({lines: other.split('\n').length, shared}).toEqual({lines: 2, shared: []})
    expect(await copy.succeed('cat /var/lib/mine')).toBe('kept')
    await copy.reboot({timeoutMs: 5 * minutes})
    await logIn(copy)
    expect(await copy.succeed(asked)).toBe(other)
  })

  test('the entry Rescue of the menu asks for a password until it gets the right one, and no service runs until one logs out', async () => {
    await using machine = await Machine.start({disks: [{file}], memoryMiB: 768, linesInMessages: true})
    await machine.waitFor(/Rescue \(current\)/, {timeoutMs: 5 * minutes})
    // One line down, and Enter.
    machine.write('\x0e\r')
    await machine.waitFor('Log in, and log out to continue', {timeoutMs: 10 * minutes})
    await machine.waitFor('login: ')
    machine.write('rancher\n')
    await machine.waitFor('assword: ')
    machine.write('falsch\n')
    await machine.waitFor(/ncorrect/)
    // Nobody answers for a minute (LOGIN_TIMEOUT, login.defs(5)).
    await machine.waitFor(/timed out[\s\S]*login: /)
    await logIn(machine)
    expect(await machine.run('ls /run/openrc')).not.toMatchObject({status: 0})
    expect(await machine.succeed('id -un; sudo id -u')).toBe('rancher\n0')
    machine.write('exit\n')
    await logIn(machine)
    await machine.waitUntilSucceeds('sudo rc-service sshd status')
  })

  test('an ephemeral node keeps no changes while the marker exists, and has its old data without it', async () => {
    await using machine = await start()
    await machine.succeed('sudo touch /haos/system/ephemeral')
    await machine.reboot()
    await logIn(machine)
    expect(await machine.succeed('cat /var/lib/mine 2>/dev/null || echo nothing')).toBe('nothing')
    await machine.succeed('sudo touch /var/lib/other && sudo rm /haos/system/ephemeral')
    await machine.reboot()
    await logIn(machine)
    expect(await machine.succeed('cat /var/lib/mine; ls /var/lib/other 2>/dev/null || echo gone')).toBe('kept\ngone')
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('a full disk does not prevent a login, and is reported at the prompt', async () => {
    await using machine = await start()
    await machine.succeed('sudo fallocate -l "$(df -B1 --output=avail /var | tail -n 1)" /var/fill; sync')
    await machine.reboot()
    await logIn(machine)
    expect(machine.console.text).toContain('The disk is full.')
    expect(await machine.succeed('cat /etc/issue')).toContain('The disk is full.')
    await machine.succeed('sudo rm /var/fill')
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('a read-only disk boots, keeps changes in memory, and is reported at the prompt', async () => {
    await using machine = await start({readOnly: true})
    expect(await machine.succeed('cat /etc/issue')).toMatch(
      /is read-only\. Changes in these directories are not kept: \/home \/opt \/var\./,
    )
    expect(await machine.succeed('sudo sh -c "echo new >/var/lib/mine"; cat /var/lib/mine; hostname')).toBe(
      'new\nbaked',
    )
  })

  test('a file system with a fault that needs a decision stays unchanged, and the node reaches a login', async () => {
    const offset = stateOffset(file)
    const debugfs = (command: string) =>
      execFileSync('debugfs', ['-w', '-R', command, `${file}?offset=${offset}`], {encoding: 'utf8', stdio: 'pipe'})
    // Corrupts the entries of a directory, which e2fsck -p does not repair.
    const block = Number(debugfs('blocks /haos/data/opt'))
    expect(block).toBeGreaterThan(0)
    const image = openSync(file, 'r+')
    writeSync(image, Buffer.alloc(4096, 0xa5), 0, 4096, offset + block * 4096)
    closeSync(image)
    debugfs('ssv state 2')
    await using machine = await start()
    expect(await machine.succeed('cat /etc/issue')).toMatch(
      /is damaged and was not changed: boot with fsck\.repair=yes/,
    )
    expect(await machine.succeed('cat /var/lib/mine')).toBe('kept')
  })
})

/** Where the state partition begins on a disk, in bytes. */
function stateOffset(disk: string): number {
  const table: {partitiontable: {partitions: {start: number; name?: string}[]}} = JSON.parse(
    execFileSync('sfdisk', ['--json', disk], {encoding: 'utf8'}),
  )
  const start = table.partitiontable.partitions.at(-1)?.start
  if (start === undefined) throw new Error(`${disk} has no partitions`)
  return start * 512
}
