import {execFileSync, spawnSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {findStaticBusybox} from '../../test/static-busybox.ts'

const program = new URL('install.sh', import.meta.url).pathname
const {busybox, reason} = findStaticBusybox()
const device = spawnSync('losetup', ['-f'], {encoding: 'utf8'}).stdout?.trim() ?? ''
const canMount =
  process.getuid?.() === 0 &&
  ['squashfs', 'overlay'].every((type) => readFileSync('/proc/filesystems', 'utf8').includes(type)) &&
  spawnSync('unshare', ['--mount', 'true']).status === 0
const missing = !canMount ? 'mounts' : (reason ?? (existsSync(device) ? undefined : 'loop device'))
const title = (fact: string) => (missing === undefined ? fact : `${fact} (no ${missing})`)

/** A medium whose installer prints its arguments, lists what it could harm, and exits with a status. */
function makeMedium(status: number): string {
  const directory = scratchDirectory()
  const [root, medium] = [join(directory, 'root'), join(directory, 'medium')]
  const version = join(medium, 'haos/system/haos/1')
  for (const path of ['usr/bin', 'etc']) mkdirSync(join(root, path), {recursive: true})
  mkdirSync(version, {recursive: true})
  copyFileSync(busybox ?? '', join(root, 'usr/bin/busybox'))
  const script = `#!/usr/bin/busybox sh
for argument; do echo "<$argument>"; done
/usr/bin/busybox ls /dev/null /proc/self/mounts
exit ${status}
`
  writeFileSync(join(root, 'usr/bin/haos'), script, {mode: 0o755})
  const pack = (from: string, to: string) => execFileSync('gensquashfs', ['-q', '--pack-dir', from, to])
  pack(root, join(version, 'packages.squashfs'))
  writeFileSync(join(version, 'layers'), 'packages.squashfs\n')
  symlinkSync('1', join(medium, 'haos/system/haos/current'))
  pack(medium, join(directory, 'medium.img'))
  return join(directory, 'medium.img')
}

function install(status: number, ...flags: string[]) {
  // As a user may have: with a blank and a symlink in the path.
  const real = join(scratchDirectory(), 'real place')
  mkdirSync(real)
  const linked = join(scratchDirectory(), 'a link')
  symlinkSync(real, linked)
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
  const result = spawnSync('sh', [program, '--stay', ...flags, device, makeMedium(status)], {
    encoding: 'utf8',
    env: {...process.env, TMPDIR: linked},
  })
  return {...result, left: readdirSync(real), isMounted: readFileSync('/proc/self/mounts', 'utf8') !== mounts}
}

test.skipIf(missing).each([0, 1])(
  title('with a blank and a symlink in TMPDIR, nothing is left if the installer exits with status %s'),
  (status) => {
    const {stdout, left, isMounted, ...result} = install(status)
    expect(stdout).toContain('<--silent>')
    expect(stdout).toContain('/dev/null\n')
    expect(result.status).toBe(status)
    expect(left).toEqual([])
    expect(isMounted).toBe(false)
    // The removal did not reach the live mounts of /dev.
    expect(existsSync('/dev/null')).toBe(true)
  },
)

test.skipIf(missing)(title('an option stays one argument, whatever its value'), () => {
  const {stdout} = install(0, '--tty', 'ttyS0 --device=/dev/sdb', '--partition-table', 'gpt *', '--no-format')
  expect(stdout.split('\n').filter((line) => line.startsWith('<'))).toEqual([
    '<install>',
    '<--silent>',
    '<--stay>',
    '<--iso-url=>',
    `<--device=${device}>`,
    '<--tty=ttyS0 --device=/dev/sdb>',
    '<--partition-table=gpt *>',
    '<--no-format>',
  ])
})
