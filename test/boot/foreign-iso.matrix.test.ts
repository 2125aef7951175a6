import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {makeBusyboxInitrd} from '../busybox-initrd.ts'
import {findTestKernel} from '../kernel.ts'
import {findStaticBusybox} from '../static-busybox.ts'
import {mkrescueTools} from '../test-tools.ts'
import {whyNoTools} from '../why-no-tools.ts'

const {busybox, reason: noBusybox} = findStaticBusybox()
const {kernel = '', reason: noKernel} = findTestKernel()
const missing = (await whyNoBoot({firmware: 'uefi'})) ?? noBusybox ?? noKernel ?? (await whyNoTools(mkrescueTools))
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

/** As in k3OS: the kernel is inside a squashfs that GRUB opens. */
const menu = `set default=0
set timeout=1
serial --unit=0 --speed=115200
terminal_input --append serial
terminal_output --append serial

menuentry "k3OS LiveCD & Installer" {
  search.fs_label K3OS root
  set sqfile=/k3os/system/kernel/current/kernel.squashfs
  loopback loop0 /$sqfile
  set root=($root)
  linux (loop0)/vmlinuz printk.devkmsg=on console=ttyS0 panic=-1 no_timer_check
  initrd /k3os/system/kernel/current/initrd
}
`

describe.skipIf(missing !== undefined)(`an ISO of k3OS (${missing ?? 'made by grub-mkrescue'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-foreign-iso-test-'))
  const changed = join(scratch, 'changed.iso')
  beforeAll(async () => {
    const tree = join(scratch, 'tree')
    const system = join(tree, 'k3os/system/kernel')
    mkdirSync(join(system, '6.1'), {recursive: true})
    mkdirSync(join(tree, 'boot/grub'), {recursive: true})
    mkdirSync(join(scratch, 'kernel'))
    symlinkSync('6.1', join(system, 'current'))
    copyFileSync(kernel, join(scratch, 'kernel/vmlinuz'))
    const archive = execFileSync('tar', ['-C', join(scratch, 'kernel'), '-c', './vmlinuz'], {maxBuffer: 1 << 30})
    const squashfs = join(system, '6.1/kernel.squashfs')
    execFileSync('tar2sqfs', ['--quiet', '--compressor', 'gzip', squashfs], {input: archive})
    copyFileSync(makeBusyboxInitrd(busybox ?? '', scratch), join(system, '6.1/initrd'))
    writeFileSync(join(tree, 'boot/grub/grub.cfg'), menu)
    const iso = join(scratch, 'k3os.iso')
    execFileSync('grub-mkrescue', ['-o', iso, tree, '--', '-volid', 'K3OS'], {stdio: 'ignore'})
    await execa(process.execPath, [
      join(import.meta.dirname, '../../bin/start.ts'),
      ...['remaster', iso, changed, '--append', 'k3os.mode=install k3os.install.device=/dev/sda', '--timeout', '0'],
    ])
  })
  afterAll(() => rmSync(scratch, {recursive: true, force: true}))

  test.each([
    {firmware: 'bios', as: 'cd'},
    {firmware: 'bios', as: 'usb'},
    {firmware: 'uefi', as: 'cd', memoryMiB: 512},
    {firmware: 'uefi', as: 'usb', memoryMiB: 512},
  ] as const)('remastered, it boots with its new arguments under $firmware as $as', async (options) => {
    await using machine = await boot(changed, {memoryMiB: 256, ...options})
    await machine.login({user: 'root', timeoutMs: 10 * 60_000})
    expect(await machine.succeed('cat /proc/cmdline')).toMatch(
      /printk\.devkmsg=on .* k3os\.mode=install k3os\.install\.device=\/dev\/sda$/,
    )
  })
})
