import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough, type Readable} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import {execa} from 'execa'
import {afterAll, describe, expect, test} from 'vitest'
import {runMachine} from '#machine'
import {whyNoBoot} from '../../machine/testing.ts'
import {makeBusyboxInitrd} from '../busybox-initrd.ts'
import {findTestKernel} from '../kernel.ts'
import {findStaticBusybox} from '../static-busybox.ts'

const {busybox, reason: noBusybox} = findStaticBusybox()
const {kernel = '', reason: noKernel} = findTestKernel()
const missing = (await whyNoBoot()) ?? noBusybox ?? noKernel
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const scratch = mkdtempSync(join(tmpdir(), 'haos-run-test-'))
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

describe.skipIf(missing !== undefined)(`a machine in a terminal (${missing ?? 'busybox as its only program'})`, () => {
  test('kernel arguments are appended to those of the menu of an ISO, and the guest ends the run', async () => {
    const iso = makeIso(busybox ?? '')
    const input = new PassThrough()
    const {output, seen} = watchOutput()
    const run = runMachine({
      medium: {file: iso, as: 'usb'},
      appendCmdline: 'haos.test=appended',
      memoryMiB: 192,
      terminal: {input, output},
      signal: new AbortController().signal,
      note: () => {},
    })
    await seen('login: ')
    input.write('root\n')
    await seen('# ')
    input.write('cat /proc/cmdline; poweroff\n')

    expect(await run).toMatchObject({endedBy: 'guest'})
    expect(await seen('haos.test=appended')).toContain('console=ttyS0 panic=-1 quiet no_timer_check haos.test=appended')
  })

  test('the command boots an ISO with its defaults', async () => {
    const command = ['run', makeIso(busybox ?? ''), '--cmdline', 'haos.test=command', '--json']
    const run = execa(process.execPath, [join(import.meta.dirname, '../../bin/start.ts'), ...command], {reject: false})
    const seen = watch(run.stderr)
    await seen('login: ')
    run.stdin.write('root\n')
    await seen('# ')
    run.stdin.write('grep MemTotal /proc/meminfo; poweroff\n')

    expect(JSON.parse((await run).stdout.split('\n').at(-1) ?? '')).toMatchObject({type: 'result', endedBy: 'guest'})
    // A gibibyte, minus the kernel's own memory.
    expect(Number(/MemTotal: +(\d+) kB/.exec(await seen('MemTotal: '))?.[1])).toBeGreaterThan(900 * 2 ** 10)
  })

  test('Ctrl-A x ends the run, and the terminal is restored', async () => {
    const modes: boolean[] = []
    const input = Object.assign(new PassThrough(), {isTTY: true, setRawMode: (on: boolean) => modes.push(on)})
    const notes: string[] = []
    const run = runMachine({
      direct: {kernel},
      memoryMiB: 64,
      network: {forward: [{guestPort: 22}]},
      terminal: {input, output: new PassThrough().resume()},
      signal: new AbortController().signal,
      note: (message) => notes.push(message),
    })
    input.write('\x01x')

    expect(await run).toMatchObject({endedBy: 'user'})
    expect(modes).toEqual([true, false])
    expect(notes.join('\n')).toMatch(/port 22 of the guest is port \d+ of 127\.0\.0\.1[\s\S]*Ctrl-A x/)
  })

  test('a run that is interrupted leaves no machine behind', async () => {
    const interrupt = new AbortController()
    const run = runMachine({
      direct: {kernel},
      memoryMiB: 64,
      terminal: {input: new PassThrough(), output: new PassThrough().resume()},
      signal: interrupt.signal,
      note: () => interrupt.abort(),
      acceleration: 'none',
    })

    expect(await run).toMatchObject({endedBy: 'user', accelerator: 'tcg'})
  })
})

/** An ISO with the layout of ours, with the kernel behind a symlink. Its boot image boots nothing. */
function makeIso(program: string): string {
  const root = join(scratch, 'iso')
  rmSync(root, {recursive: true, force: true})
  const system = join(root, 'haos/system/kernel')
  mkdirSync(join(system, '6.1'), {recursive: true})
  mkdirSync(join(root, 'boot/grub'), {recursive: true})
  symlinkSync('6.1', join(system, 'current'))
  copyFileSync(kernel, join(system, '6.1/vmlinuz'))
  copyFileSync(makeBusyboxInitrd(program, scratch), join(system, '6.1/initrd'))
  const path = '/haos/system/kernel/current'
  writeFileSync(
    join(root, 'boot/grub/grub.cfg'),
    `set default=0\nmenuentry "x" {\n  linux ${path}/vmlinuz console=ttyS0 panic=-1 quiet no_timer_check\n  initrd ${path}/initrd\n}\n`,
  )
  const iso = join(scratch, 'test.iso')
  const bootImage = ['-b', 'boot/grub/grub.cfg', '-no-emul-boot', '-boot-load-size', '4']
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-R', ...bootImage, '-o', iso, root], {stdio: 'ignore'})
  return iso
}

/** Output that tests can wait for. */
function watchOutput() {
  const output = new PassThrough()
  return {output, seen: watch(output)}
}

/** Resolves with the text of a stream as soon as it contains the wanted text; rejects if the stream ends without it. */
function watch(output: Readable): (wanted: string) => Promise<string> {
  let text = ''
  output.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  return async (wanted) => {
    while (!text.includes(wanted)) {
      if (output.readableEnded) throw new Error(`ended without "${wanted}": ${text.slice(-1000)}`)
      await sleep(100)
    }
    return text
  }
}
