import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest'
import {digestOfBytes} from '#engine'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {makeBusyboxInitrd} from '../busybox-initrd.ts'
import {findTestKernel} from '../kernel.ts'
import {findStaticBusybox} from '../static-busybox.ts'

const {busybox, reason: noBusybox} = findStaticBusybox()
const {kernel = '', reason: noKernel} = findTestKernel()
const missing = (await whyNoBoot()) ?? noBusybox ?? noKernel
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const scratch = mkdtempSync(join(tmpdir(), 'haos-boot-test-'))
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

// no_timer_check: on a busy host the kernel finds its emulated timer too slow, and panics.
const image = () => ({kernel, initrd, cmdline: 'console=ttyS0 panic=-1 quiet no_timer_check'})
let initrd = ''
beforeAll(() => {
  if (missing === undefined && busybox !== undefined) initrd = makeBusyboxInitrd(busybox, scratch)
})

// One machine for all tests that can share it: each boot takes seconds.
describe.skipIf(missing !== undefined)(`a machine (${missing ?? 'busybox as its only program'})`, () => {
  const disk = join(scratch, 'disk.img')
  let machine: Machine
  beforeAll(async () => {
    machine = await boot(image(), {
      memoryMiB: 192,
      logFile: join(scratch, 'console.log'),
      disks: [{file: disk, sizeBytes: 16 << 20, bus: 'nvme'}],
      network: {forward: [{guestPort: 22}]},
    })
  })
  afterAll(() => machine[Symbol.asyncDispose]())

  test('a user logs in with a password, also at a prompt that was already waited for, and again after a login timeout of the guest', async () => {
    await machine.waitFor('guest login: ')
    await machine.login({user: 'user', password: 'secret'})

    expect(await machine.run('id -un')).toEqual({status: 0, output: 'user'})
  })

  test('a command returns its status and its whole output on both streams', async () => {
    expect(await machine.run(`echo 'a  "b" $HOME \\n'\nprintf 'zwölf\\n\\n' >&2; exit 42`)).toEqual({
      status: 42,
      output: 'a  "b" $HOME \\n\nzwölf\n',
    })
    expect(await machine.run('kill -9 $(exec sh -c "echo \\$PPID")')).toMatchObject({status: 137})
    expect(await machine.run('(')).toMatchObject({status: 2})
    expect(await machine.run('cat; echo nothing to read')).toEqual({status: 0, output: 'nothing to read'})
  })

  test('a command that exceeds the line length of a terminal arrives completely', async () => {
    const text = Array.from({length: 400}, (_, line) => `line ${line} 'of' "many"`).join('\n')

    expect(await machine.succeed(`cat <<'END'\n${text}\nEND`)).toBe(text)
  })

  test('a command that hangs is interrupted, and the next one runs', async () => {
    await expect(machine.run('echo begun; sleep 600', {timeoutMs: 1500})).rejects.toMatchObject({
      code: 'MACHINE_TIMEOUT',
      message: expect.stringContaining('the end of `echo begun; sleep 600`'),
    })
    expect(await machine.run('echo alive')).toEqual({status: 0, output: 'alive'})
  })

  test('a wait that times out reports the last lines of the console and the path of its log', async () => {
    const waiting = machine.waitFor(/never printed/, {timeoutMs: 300})

    await expect(waiting).rejects.toMatchObject({
      code: 'MACHINE_TIMEOUT',
      message: expect.stringMatching(/waited 0\.3 s for \/never printed\/[\s\S]*guest login: [\s\S]*console log: /),
      details: {log: machine.console.logFile},
    })
    expect(readFileSync(machine.console.logFile, 'utf8')).toContain('guest login: ')
  })

  test('a forwarded port has a free port of this host', async () => {
    const {promise, resolve, reject} = Promise.withResolvers<void>()
    const socket = connect(machine.hostPort(22), '127.0.0.1', resolve).on('error', reject)
    await promise
    socket.destroy()
  })

  test('the screen is saved as a picture', async () => {
    const path = join(scratch, 'screen.png')
    await machine.screenshot(path)

    expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG')
  })

  test('a reboot of the guest ends its session and starts a new one', async () => {
    machine.write('exit\n')
    await machine.login({user: 'root'})
    await machine.succeed('echo gone >/tmp/file; echo kept | dd of=/dev/nvme0n1 conv=sync,fsync 2>/dev/null')

    await machine.reboot()
    await machine.login({user: 'root'})

    expect(await machine.run('cat /tmp/file')).toMatchObject({status: 1})
    expect(await machine.succeed('head -n 1 /dev/nvme0n1')).toBe('kept')
  })

  test('long output arrives completely while the kernel prints in between', async () => {
    await machine.succeed('echo 8 >/proc/sys/kernel/printk; echo on >/proc/sys/kernel/printk_devkmsg')
    await machine.succeed('(for i in $(seq 60); do echo "<1>noise $i" >/dev/kmsg; sleep 0.05; done) >/dev/null 2>&1 &')
    const output = await machine.succeed('head -c 24000 /dev/urandom | base64 | tee /tmp/long')

    expect(output.length).toBeGreaterThan(32_000)
    expect(await machine.succeed('sha256sum </tmp/long')).toBe(`${digestOfBytes(`${output}\n`)}  -`)
    await machine.waitUntilSucceeds('dmesg | grep -q "noise 60"')
    expect(machine.console.text).toContain('noise 30')
  })

  test('output of the kernel is not lost while this process is busy', async () => {
    await machine.succeed(
      '(sleep 1; for i in $(seq 300); do echo "<1>count $i of three hundred lines" >/dev/kmsg; done) >/dev/null 2>&1 &',
    )
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000)
    await machine.waitFor('count 300 of three hundred lines')

    const counted = [...machine.console.text.matchAll(/count (\d+) of three hundred lines/g)].map(([, n]) => Number(n))
    expect(counted).toEqual(Array.from({length: 300}, (_, index) => index + 1))
  })

  test('a disk that is attached while the guest runs can be written and detached', async () => {
    const file = join(scratch, 'late.img')
    const late = await machine.attachDisk({file, sizeBytes: 8 << 20, bus: 'nvme', serial: 'late'})
    await machine.waitUntilSucceeds('test -b /dev/nvme1n1')
    await machine.succeed('echo written | dd of=/dev/nvme1n1 conv=sync,fsync 2>/dev/null')
    await late.detach()

    expect(readFileSync(file).toString('latin1', 0, 8)).toBe('written\n')
  })

  test('after a power cut the disk holds what was written to it', async () => {
    await machine.succeed('echo after | dd of=/dev/nvme0n1 conv=sync,fsync 2>/dev/null')
    await machine.powerCut()
    expect(machine.isRunning).toBe(false)

    await machine.powerOn()
    await machine.login({user: 'root'})
    expect(await machine.succeed('head -n 1 /dev/nvme0n1')).toBe('after')
  })

  test('a wait for something else fails at once when the kernel panics', async () => {
    const started = Date.now()
    const waiting = machine.waitFor('never printed', {timeoutMs: 60_000})
    machine.write('echo c >/proc/sysrq-trigger\n')

    await expect(waiting).rejects.toMatchObject({
      code: 'MACHINE_FAILED',
      message: expect.stringContaining('Kernel panic - not syncing: sysrq triggered crash'),
    })
    expect(Date.now() - started).toBeLessThan(30_000)
  })

  test('a machine has ended after its guest powered off', async () => {
    // panic=-1: the guest reboots by itself, on a busy host some time after the wait has failed.
    const login = () =>
      machine.login({user: 'root'}).then(
        () => true,
        () => false,
      )
    await vi.waitUntil(login, {timeout: 300_000, interval: 200})
    await machine.powerOff()

    expect(machine.isRunning).toBe(false)
    await expect(machine.waitFor('anything')).rejects.toMatchObject({code: 'MACHINE_FAILED'})
  })
})

describe.skipIf(missing !== undefined)(
  `a machine that ends early (${missing ?? 'busybox as its only program'})`,
  () => {
    test('a disk with nothing to boot fails at once', async () => {
      const file = join(scratch, 'empty.img')
      writeFileSync(file, Buffer.alloc(1 << 20))
      await using machine = await boot(file, {memoryMiB: 64, logFile: join(scratch, 'empty.log')})

      await expect(machine.waitFor('login:')).rejects.toMatchObject({
        code: 'MACHINE_FAILED',
        message: expect.stringContaining('the firmware found nothing to boot'),
      })
    })

    test('an argument that QEMU refuses is reported with the message of QEMU', async () => {
      await expect(
        boot(image(), {qemuArguments: ['-device', 'flux-capacitor'], logFile: join(scratch, 'flux.log')}),
      ).rejects.toMatchObject({
        code: 'MACHINE_FAILED',
        message: expect.stringMatching(/QEMU did not start: .*flux-capacitor/),
      })
    })

    test('at the end of its block a machine is removed, with its files', async () => {
      const before = ownFiles()
      let pid: number | undefined
      {
        await using machine = await boot(image(), {disks: [{sizeBytes: 1 << 20}], memoryMiB: 64})
        pid = machine.pid
        expect(isAlive(pid)).toBe(true)
      }
      expect(isAlive(pid)).toBe(false)
      expect(ownFiles()).toEqual(before)
    })

    test('QEMU ends when the process that started it is killed', async () => {
      const program = `
      import {boot} from ${JSON.stringify(new URL('../../machine/testing.ts', import.meta.url).href)}
      const machine = await boot(${JSON.stringify(image())}, {memoryMiB: 64})
      console.log(machine.pid)
      setInterval(() => {}, 1000)`
      const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [printed] = await once(owner.stdout, 'data')
      const pid = Number(String(printed))
      expect(isAlive(pid)).toBe(true)

      owner.kill('SIGKILL')
      await expect.poll(() => isAlive(pid), {timeout: 60_000}).toBe(false)
    })
  },
)

const ownFiles = (): string[] => readdirSync(tmpdir()).filter((name) => /^haos-(machine|console)-/.test(name))

/** A zombie has ended: only its parent has not reaped it yet. */
function isAlive(pid: number | undefined): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
