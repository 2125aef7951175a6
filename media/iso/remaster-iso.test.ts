import {spawn} from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {beforeEach, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {layOutArea, slotBytes} from '../../layout/reserved-area.ts'
import {readFromIso} from '../../test/read-from-iso.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallIso} from '../../test/small-iso.ts'
import type {MediumChanges} from '../medium.ts'
import {remaster} from '../remaster.ts'
import {describeIso} from './remaster-iso.ts'

const missing = (await new Toolbox().find({name: 'xorriso', purpose: '', package: 'xorriso', args: () => []}))
  ? undefined
  : 'xorriso is not installed'
if (missing !== undefined && process.env['CI']) throw new Error(missing)
beforeEach(({skip}) => skip(missing !== undefined, missing))

const {signal} = new AbortController()
const change = (input: string, changes: MediumChanges, output?: string) =>
  remaster({input, output, changes, toolbox: new Toolbox(), signal})

test('arguments, menu and config are changed in place, and a reset restores the original bytes', async () => {
  const iso = makeSmallIso(scratchDirectory())
  const before = readFileSync(iso)
  const config = Buffer.from('hostname: other\n')
  await change(iso, {arguments: {append: ['haos.hostname=wanted']}, menuDefault: 1})
  await change(iso, {arguments: {append: ['init_cmd=echo a b']}, timeoutSeconds: 0, config})

  expect(statSync(iso).size).toBe(before.length)
  expect(await readFromIso(iso, '/haos/system/config.yaml')).toBe('hostname: other\n')
  expect(await readFromIso(iso, '/haos/system/config.yaml', 'joliet')).toBe('hostname: other\n')
  expect(await readFromIso(iso, '/boot/grub/grub.cfg')).toContain(
    "console=tty1 haos.mode=live quiet haos.hostname=wanted 'init_cmd=echo a b'\n",
  )
  expect(describeIso(iso)).toMatchObject({default: 1, timeoutSeconds: 0, changed: true, product: 'haos'})

  await change(iso, {reset: true})
  expect(readFileSync(iso).equals(before)).toBe(true)
})

test('arguments are removed and replaced, only in the chosen entries', async () => {
  const iso = makeSmallIso(scratchDirectory())
  const words = {remove: ['quiet', 'console'], replace: ['haos.mode=install']}
  const {entries} = await change(iso, {arguments: {...words, append: ['panic=9'], entries: [0]}})

  expect(entries.map((entry) => entry.arguments.join(' '))).toEqual([
    'haos.mode=install panic=9',
    'console=tty1 rescue',
  ])
})

test('a request for something missing is refused, and the ISO stays unchanged', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const before = readFileSync(iso)
  const output = join(directory, 'new.iso')

  await expect(change(iso, {arguments: {remove: ['nothing']}}, output)).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(iso, {arguments: {append: ['a="b']}})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(iso, {menuDefault: 2})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(iso, {files: [{from: '/nothing', to: '/x'}]})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(iso, {files: [{from: iso, to: 'x'}]})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(join(directory, 'absent.iso'), {reset: true})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  writeFileSync(join(directory, 'text'), 'no iso')
  await expect(change(join(directory, 'text'), {reset: true})).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
  expect(readFileSync(iso).equals(before)).toBe(true)
  expect(readdirSync(directory).sort()).toEqual(['iso', 'small.iso', 'text'])
})

test('a new ISO is written, and the old one stays unchanged', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const before = readFileSync(iso)
  const output = join(directory, 'new.iso')
  await change(iso, {config: Buffer.from('hostname: other\n')}, output)

  expect(readFileSync(iso).equals(before)).toBe(true)
  expect(describeIso(output).config).toBe('hostname: other\n')
  await change(output, {reset: true})
  expect(readFileSync(output).equals(before)).toBe(true)
})

test('files are added, and earlier changes are kept and can be reset', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const extra = join(directory, 'extra')
  writeFileSync(extra, 'more')
  await change(iso, {config: Buffer.from('hostname: other\n')})
  await change(iso, {files: [{from: extra, to: '/extra/file'}], timeoutSeconds: 1})

  expect(await readFromIso(iso, '/extra/file')).toBe('more')
  expect(describeIso(iso)).toMatchObject({timeoutSeconds: 1, config: 'hostname: other\n', changed: true})
  expect(await change(iso, {reset: true})).toMatchObject({timeoutSeconds: 5, config: 'hostname: built\n'})
})

test('a directory is merged with the one of its name', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  mkdirSync(join(directory, 'tree/system'), {recursive: true})
  writeFileSync(join(directory, 'tree/system/more'), 'more')
  await change(iso, {files: [{from: join(directory, 'tree'), to: '/haos'}]})

  expect(await readFromIso(iso, '/haos/system/more')).toBe('more')
  expect(await readFromIso(iso, '/haos/system/config.yaml')).toBe('hostname: built\n')
  expect(await readFromIso(iso, '/haos/system/haos/1/packages.squashfs')).toMatch(/^layer/)
})

test.each([
  ['through a symlink', '/haos/system/haos/current/more', /current is not a directory/],
  ['over a directory', '/haos/system', /is a directory/],
  ['into itself', '/new', /\/new is not a directory/],
  ['over the menu', '/boot/grub/grub.cfg', /cannot be replaced by --file/],
  ['over the config', '/haos/system/config.yaml', /cannot be replaced by --file/],
  ['over the reserved area', '/boot/remaster.area', /cannot be replaced by --file/],
  ['under a name that is too long for a file system', `/new/${'ü'.repeat(128)}`, /contains a name of 256 bytes/],
])('a file to be written %s is refused', async (_, to, message) => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const before = readFileSync(iso)
  writeFileSync(join(directory, 'file'), 'more')
  const from = join(directory, 'file')
  const files = [
    {from, to},
    {from, to: '/new/below'},
  ]

  await expect(change(iso, {files: to === '/new' ? files : files.slice(0, 1)})).rejects.toThrow(message)
  expect(readFileSync(iso).equals(before)).toBe(true)
})

test('a config larger than the reserved area is written to the ISO nevertheless, and can be reset', async () => {
  const iso = makeSmallIso(scratchDirectory())
  const config = Buffer.from(`hostname: big\nwrite_files: []\n# ${'secret'.repeat(slotBytes('config'))}\n`)

  expect(await change(iso, {config, timeoutSeconds: 2})).toMatchObject({timeoutSeconds: 2, config: config.toString()})
  expect(await readFromIso(iso, '/haos/system/config.yaml')).toBe(config.toString())
  expect(await change(iso, {menuDefault: 1})).toMatchObject({default: 1, config: config.toString()})
  expect(await change(iso, {reset: true})).toMatchObject({config: 'hostname: built\n', changed: false})
  expect(readFileSync(iso, 'latin1')).not.toContain('secret')
})

test('nothing of a replaced config is left on the ISO', async () => {
  const iso = makeSmallIso(scratchDirectory())
  await change(iso, {config: Buffer.from('hostname: secret\n')})
  await change(iso, {config: Buffer.from('hostname: public\n')})

  expect(readFileSync(iso, 'latin1')).not.toContain('hostname: secret')
  expect(readFileSync(iso, 'latin1')).toContain('hostname: built')
})

test('a truncated ISO is refused', async () => {
  const iso = makeSmallIso(scratchDirectory())
  truncateSync(iso, statSync(iso).size - 400_000)

  await expect(change(iso, {timeoutSeconds: 1})).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
})

test('the scratch directory of a killed process is removed by the next one', async () => {
  const left = join(tmpdir(), `haos-remaster-4194305-00000000-scratch-${process.pid}`)
  mkdirSync(left)
  await change(makeSmallIso(scratchDirectory()), {files: [{from: '/etc/hostname', to: '/extra'}]})

  expect(existsSync(left)).toBe(false)
})

test('equal additions give equal bytes at any time, whatever the timestamps of the files', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const outputs = ['a.iso', 'b.iso'].map((name) => join(directory, name))
  for (const [index, output] of outputs.entries()) {
    const tree = join(directory, `tree${index}`)
    mkdirSync(tree)
    writeFileSync(join(tree, 'file'), 'more')
    utimesSync(join(tree, 'file'), 1000 * index, 5000 * index)
    await change(iso, {files: [{from: tree, to: '/new/extra'}], config: Buffer.from('hostname: x\n')}, output)
    await sleep(1100)
  }
  const [a, b] = outputs.map((output) => readFileSync(output))

  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true)
})

test.each([
  ['no', 'absent'],
  ['a damaged', 'damaged'],
] as const)(
  'an ISO with a boot loader and %s list of boot images is refused before it is rewritten',
  async (words, state) => {
    const directory = scratchDirectory()
    const iso = makeSmallIso(directory)
    const bytes = readFileSync(iso)
    bytes.write('a boot loader')
    if (state === 'damaged') {
      // Replaces the Joliet descriptor.
      bytes.fill(0, 17 * 2048, 18 * 2048)
      bytes.write('\0CD001\u0001EL TORITO SPECIFICATION', 17 * 2048, 'latin1')
      bytes.writeUInt32LE(0x7fffffff, 17 * 2048 + 0x47)
    }
    writeFileSync(iso, bytes)

    await expect(change(iso, {files: [{from: '/etc/hostname', to: '/extra'}]})).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: `${iso} has ${words} list of boot images (El Torito)`,
    })
    expect(readFileSync(iso).equals(bytes)).toBe(true)
  },
)

test('permissions stay, and a new file is writable', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  chmodSync(iso, 0o400)
  const output = join(directory, 'new.iso')
  await change(iso, {timeoutSeconds: 1}, output)
  await change(iso, {files: [{from: '/etc/hostname', to: '/extra'}]})

  expect([iso, output].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['400', '600'])
})

test('an ISO without a reserved area is rewritten, and cannot be reset', async () => {
  const iso = makeSmallIso(scratchDirectory(), {reserved: false})
  const changed = await change(iso, {arguments: {append: ['panic=9']}, config: Buffer.from('hostname: other\n')})

  expect(changed).toMatchObject({resettable: false, config: 'hostname: other\n'})
  expect(changed.entries[1]?.arguments).toEqual(['console=tty1', 'rescue', 'panic=9'])
  await expect(change(iso, {reset: true})).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
})

test('a kill in the middle leaves the old ISO or the new one', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const built = readFileSync(iso)
  const script = join(directory, 'loop.mjs')
  const module = (name: string) => JSON.stringify(join(import.meta.dirname, name))
  // The in-place part of remaster(), without the modules for the rest.
  writeFileSync(
    script,
    `import {openSync} from 'node:fs'
     import {IsoImage} from ${module('../../formats/iso9660/iso-image.ts')}
     import {ReservedArea} from ${module('reserved-area.ts')}
     const fd = openSync(process.argv[2], 'r+')
     const area = () => ReservedArea.open(fd, IsoImage.open(fd, ''))
     process.stdout.write('ready')
     for (let turn = 0; ; turn = (turn + 1) % 1000) {
       if (turn % 3 === 0) area().reset()
       const menu = 'set timeout=' + turn + '\\nmenuentry "a" {\\n}\\n'
       area().replace({menu: Buffer.from(menu), config: Buffer.from('hostname: turn' + turn + '\\n')})
     }`,
  )
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [script, iso], {stdio: ['ignore', 'pipe', 'inherit']})
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await sleep(20 + Math.random() * 80)
    child.kill('SIGKILL')
    await ended

    const {timeoutSeconds, entries, config} = describeIso(iso)
    expect(config).toBe(entries.length === 2 ? 'hostname: built\n' : `hostname: turn${timeoutSeconds}\n`)
    await change(iso, {reset: true})
    expect(readFileSync(iso).equals(built)).toBe(true)
  }
}, 180_000)

test('the reserved area costs half a megabyte, and one more for a thousand nodes', () => {
  const paths = {menu: '/m', config: '/c'}
  expect(layOutArea(paths).sizeBytes).toBeLessThan(530_000)
  expect(layOutArea({...paths, nodes: '/n'}).sizeBytes).toBeLessThan(1_580_000)
})
