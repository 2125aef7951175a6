import {execFileSync} from 'node:child_process'
import {closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {diskFormat, diskImage} from '#image'
import {changeInodes, listPartitions} from '#tools'
import {runStep} from '../../test/run-step.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import type {MediumChanges} from '../medium.ts'
import {describeMedium, remaster} from '../remaster.ts'

const toolbox = new Toolbox()
const tools = {toolbox, signal: new AbortController().signal}
const change = (input: string, changes: MediumChanges, output?: string) => remaster({input, output, changes, ...tools})

const found = await Promise.all(
  [changeInodes, listPartitions, ...diskImage.tools, ...diskFormat.tools].map((tool) => toolbox.find(tool)),
)
const missing = found.includes(undefined)
  ? 'e2fsprogs, fdisk, mtools, dosfstools or qemu-utils is not installed'
  : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)
beforeEach(({skip}) => skip(missing !== undefined, missing))

const menu = `set default=0
set timeout=3
probe --set=uuid --fs-uuid $root
menuentry "HAOS Current" {
  set kernel=current
  linux /haos/system/kernel/$kernel/vmlinuz root=UUID=$uuid haos.mode=disk quiet
  initrd /haos/system/kernel/$kernel/initrd
}
menuentry "HAOS Rescue (current)" {
  linux /haos/system/kernel/$kernel/vmlinuz root=UUID=$uuid haos.mode=disk rescue
}
`
const MiB = 2 ** 20
const GiB = 2 ** 30

/** A disk as `haos-build disk` makes it, without boot loaders. */
async function makeDisk(loaderName = 'BOOTX64.EFI'): Promise<string> {
  const directory = scratchDirectory()
  const write = (name: string, bytes: string | Uint8Array) => {
    writeFileSync(join(directory, name), bytes)
    return join(directory, name)
  }
  return runStep(
    diskImage,
    {files: [write('layer', Buffer.alloc(3 * MiB, 'layer'))], efiLoader: write('loader', 'loader'), bios: []},
    {
      sizeBytes: 2.25 * GiB,
      product: {name: 'haos', stateLabel: 'HAOS_STATE'},
      loaderName,
      paths: ['haos/system/haos/1/packages.squashfs'],
      texts: {'haos/system/config.yaml': 'hostname: built\n', 'boot/grub/grub.cfg': menu},
      links: {'haos/system/haos/current': '1'},
      modes: {'haos/system/config.yaml': '0600'},
    },
  )
}

/** Fails if they differ. */
const compare = (a: string, b: string) => execFileSync('cmp', [a, b])

/** What debugfs reads from the state partition of a raw disk. */
function debugfs(disk: string, request: string): string {
  const table = JSON.parse(
    execFileSync('sfdisk', ['--json', disk], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}),
  )
  const state: {start: number} = table.partitiontable.partitions.at(-1)
  const place = `${disk}?offset=${state.start * 512}`
  execFileSync('e2fsck', ['-f', '-n', place], {stdio: 'ignore'})
  return execFileSync('debugfs', ['-R', request, place], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})
}

test('arguments, menu, config and files of a disk are changed, and its file system has no errors', async () => {
  const built = await makeDisk()
  const directory = scratchDirectory()
  const output = join(directory, 'node.raw')
  const extra = join(directory, 'two words')
  mkdirSync(join(extra, 'below'), {recursive: true})
  writeFileSync(join(extra, 'below/file'), 'more', {mode: 0o755})
  const before = join(directory, 'before')
  execFileSync('cp', ['--sparse=always', built, before])
  const changed = await change(
    built,
    {
      arguments: {append: ['haos.hostname=wanted'], remove: ['quiet'], entries: [0]},
      menuDefault: 1,
      timeoutSeconds: 0,
      config: Buffer.from('hostname: other\n'),
      files: [{from: extra, to: '/var/lib/two words'}],
    },
    output,
  )

  expect(changed).toMatchObject({kind: 'disk', volume: 'HAOS_STATE', product: 'haos', default: 1, timeoutSeconds: 0})
  expect(changed.config).toBe('hostname: other\n')
  const text = debugfs(output, 'cat /boot/grub/grub.cfg')
  expect(text).toContain('vmlinuz root=UUID=$uuid haos.mode=disk haos.hostname=wanted\n')
  expect(text).toContain('vmlinuz root=UUID=$uuid haos.mode=disk rescue\n')
  expect(debugfs(output, 'cat "/var/lib/two words/below/file"')).toBe('more')
  const modes = [
    '/haos/system/config.yaml',
    '"/var/lib/two words/below/file"',
    '/haos/system',
    '/boot/grub/grub.cfg',
  ].map((path) =>
    /User: +(\d+).*?Mode: +(\d+)|Mode: +(\d+)[\s\S]*?User: +(\d+)/.exec(debugfs(output, `stat ${path}`))?.slice(1),
  )
  expect(modes.map((found) => found?.filter(Boolean).join(' '))).toEqual(['0600 0', '0755 0', '0755 0', '0644 0'])
  expect(() => compare(built, before)).not.toThrow()
  expect(readdirSync(directory).sort()).toEqual(['before', 'node.raw', 'two words'])
  // Holes stay holes.
  expect(statSync(output).blocks * 512).toBeLessThan(200 * MiB)
})

test('no entry gets a longer command line than a kernel of the architecture accepts', async () => {
  const wish = {arguments: {append: [`x=${'a'.repeat(950)}`]}}

  await expect(change(await makeDisk('BOOTARM.EFI'), wish)).rejects.toMatchObject({
    message: expect.stringContaining('the kernel accepts 1023'),
  })
  expect((await change(await makeDisk('BOOTAA64.EFI'), wish)).entries).toHaveLength(2)
})

test('equal changes give equal bytes at any time', async () => {
  const built = await makeDisk()
  const directory = scratchDirectory()
  const outputs = ['a', 'b'].map((name) => join(directory, name))
  for (const output of outputs) {
    await change(built, {config: Buffer.from('hostname: same\n')}, output)
    execFileSync('sleep', ['1.1'])
  }

  expect(() => compare(join(directory, 'a'), join(directory, 'b'))).not.toThrow()
})

test.each(['qcow2', 'vmdk', 'vhd'] as const)('a %s disk is changed and keeps its format', async (format) => {
  const disk = join(scratchDirectory(), `disk.${format}`)
  execFileSync('mv', [await runStep(diskFormat, {disk: await makeDisk()}, {format}), disk])
  const {config} = await change(disk, {config: Buffer.from('hostname: other\n')})
  const {format: written, 'virtual-size': sizeBytes} = JSON.parse(
    execFileSync('qemu-img', ['info', '--output=json', disk], {encoding: 'utf8'}),
  )

  expect(config).toBe('hostname: other\n')
  expect(await describeMedium(disk, tools)).toMatchObject({kind: 'disk', config: 'hostname: other\n'})
  expect([written, sizeBytes]).toEqual([format === 'vhd' ? 'raw' : format, 2.25 * GiB + (format === 'vhd' ? 512 : 0)])
  expect(readdirSync(join(disk, '..'))).toEqual([`disk.${format}`])
})

test('a new disk has the format that its name implies', async () => {
  const directory = scratchDirectory()
  // e2fsprogs ends a name at a question mark.
  const disk = join(directory, 'a?b.raw')
  execFileSync('mv', [await makeDisk(), disk])
  const output = join(directory, 'c?d.qcow2')
  await change(disk, {config: Buffer.from('hostname: other\n')}, output)

  expect(JSON.parse(execFileSync('qemu-img', ['info', '--output=json', output], {encoding: 'utf8'}))).toMatchObject({
    format: 'qcow2',
  })
  expect(await describeMedium(output, tools)).toMatchObject({config: 'hostname: other\n'})
})

test('nothing of a replaced config is left on the disk', async () => {
  const disk = await makeDisk()
  await change(disk, {config: Buffer.from(`hostname: a\n# ${'secret '.repeat(2000)}\n`)})
  await change(disk, {config: Buffer.from('hostname: b\n')})

  expect(() => execFileSync('grep', ['--text', '--quiet', 'secret', disk])).toThrow()
})

test('a disk with features that a new one would lack is refused', async () => {
  const directory = scratchDirectory()
  const [disk, layer, old] = ['disk.qcow2', 'layer.qcow2', 'old.vmdk'].map((name) => join(directory, name))
  const image = (...words: (string | undefined)[]) => execFileSync('qemu-img', words.map(String), {stdio: 'ignore'})
  image('convert', '-O', 'qcow2', await makeDisk(), disk)
  image('create', '-f', 'qcow2', '-b', disk, '-F', 'qcow2', layer)
  image('convert', '-O', 'vmdk', disk, old)
  image('snapshot', '-c', 'before', disk)

  await expect(change(disk ?? '', {timeoutSeconds: 1})).rejects.toThrow(/it has snapshots/)
  await expect(change(layer ?? '', {timeoutSeconds: 1})).rejects.toThrow(/refers to a backing file/)
  await expect(change(old ?? '', {timeoutSeconds: 1})).rejects.toThrow(/its type is monolithicSparse/)
})

test('an impossible change is refused, and nothing is changed or left behind', async () => {
  const built = await makeDisk()
  const directory = scratchDirectory()
  const output = join(directory, 'out')
  const large = join(directory, 'large')
  execFileSync('truncate', ['--size=3G', large])
  const files = (to: string) => ({files: [{from: '/etc/hostname', to}]})
  const attempts: readonly [MediumChanges, string][] = [
    [{reset: true}, 'USAGE_INVALID'],
    [{arguments: {remove: ['nothing']}}, 'USAGE_INVALID'],
    [{menuDefault: 2}, 'USAGE_INVALID'],
    [files('/haos/system'), 'USAGE_INVALID'],
    [files('/boot/grub/grub.cfg/below'), 'USAGE_INVALID'],
    [files('/a"b'), 'USAGE_INVALID'],
    [files('/a\rb'), 'USAGE_INVALID'],
    [files('/haos/system/haos/current/x'), 'USAGE_INVALID'],
    [{files: [{from: large, to: '/large'}]}, 'DISK_FULL'],
  ]
  for (const [changes, code] of attempts) await expect(change(built, changes, output)).rejects.toMatchObject({code})

  expect(readdirSync(directory)).toEqual(['large'])
  expect(await describeMedium(built, tools)).toMatchObject({config: 'hostname: built\n'})
})

test('a disk with a journal to replay and one without a system are refused', async () => {
  const built = await makeDisk()
  const directory = scratchDirectory()
  const dirty = join(directory, 'dirty')
  execFileSync('cp', ['--sparse=always', built, dirty])
  const table = JSON.parse(
    execFileSync('sfdisk', ['--json', dirty], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}),
  )
  const superblock = table.partitiontable.partitions.at(-1).start * 512 + 1024
  const file = openSync(dirty, 'r+')
  const features = new Uint8Array(1)
  readSync(file, features, 0, 1, superblock + 0x60)
  writeSync(file, Uint8Array.of((features[0] ?? 0) | 4), 0, 1, superblock + 0x60)
  closeSync(file)
  const empty = join(directory, 'empty')
  execFileSync('truncate', ['--size=64M', empty])
  execFileSync('sfdisk', ['--quiet', empty], {input: 'label: gpt\nsize=8M\n'})

  await expect(change(dirty, {timeoutSeconds: 1})).rejects.toThrow(/was not shut down/)
  await expect(change(empty, {timeoutSeconds: 1})).rejects.toThrow(/no system is installed/)
})
