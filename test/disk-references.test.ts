import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {checkMedium} from '#formats'
import {describeMedium} from '#media'
import {readBaseDisk} from '#targets'
import {makeDiskFile} from '../machine/disk-file.ts'
import {scratchDirectory} from './scratch.ts'

const secret = 'the secret of the machine that builds'

/** A file of the host, and images that would expose it to a guest as its disk. */
function hostileImages() {
  const directory = scratchDirectory()
  const canary = join(directory, 'canary')
  writeFileSync(canary, secret.padEnd(1 << 20, '\n'))
  const place = (name: string) => join(directory, name)
  const image = (...words: string[]) => execFileSync('qemu-img', words, {stdio: 'ignore', cwd: directory})
  const patched = (name: string, at: number, bytes: Uint8Array | string) => {
    const file = openSync(place(name), 'r+')
    writeSync(file, Buffer.from(bytes), 0, undefined, at)
    closeSync(file)
    return name
  }
  image('create', '-f', 'qcow2', '-b', canary, '-F', 'raw', 'backing.qcow2')
  const json = `json:{"driver":"raw","file":{"driver":"file","filename":"${canary}"}}`
  image('create', '-f', 'qcow2', '-u', '-b', json, '-F', 'raw', 'json.qcow2', '1M')
  image('create', '-f', 'qcow2', '-o', 'data_file=data,data_file_raw=on', 'data.qcow2', '1M')
  image('create', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', 'flat.vmdk', '1M')
  image('create', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', 'split.vmdk', '1M')
  image('create', '-f', 'vmdk', 'base.vmdk', '1M')
  image('create', '-f', 'vmdk', '-b', place('base.vmdk'), '-F', 'vmdk', 'layer.vmdk')
  const descriptor = `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 2048 FLAT "${canary}" 0\n`
  writeFileSync(place('crafted.vmdk'), descriptor)
  writeFileSync(place('inside.vmdk'), Buffer.alloc(64 << 10))
  patched('inside.vmdk', 0, Buffer.from('4b444d5601000000', 'hex'))
  patched('inside.vmdk', 28, Uint8Array.of(1))
  patched('inside.vmdk', 512, descriptor)
  image('create', '-f', 'vpc', 'differencing.vhd', '1M')
  const {size} = statSync(place('differencing.vhd'))
  for (const at of [0, size - 512]) patched('differencing.vhd', at + 60, Uint8Array.of(0, 0, 0, 4))
  const names = [
    'backing.qcow2',
    'json.qcow2',
    'data.qcow2',
    'flat.vmdk',
    'split.vmdk',
    'layer.vmdk',
    'crafted.vmdk',
    'inside.vmdk',
    'differencing.vhd',
  ]
  return {directory, canary, images: names.map(place)}
}

const tools = {toolbox: new Toolbox(), signal: new AbortController().signal}

/** Every command that opens a foreign disk. */
const doors: Readonly<Record<string, (image: string) => Promise<unknown>>> = {
  'run IMAGE': checkMedium,
  'run --disk IMAGE': (file) => makeDiskFile({file}, 'disk0', {directory: scratchDirectory(), ...tools}),
  'run IMAGE, as a medium': (file) =>
    makeDiskFile({file, snapshot: true}, 'medium', {directory: scratchDirectory(), ...tools}),
  'cloud --mode takeover --base IMAGE': readBaseDisk,
  'remaster IMAGE': (path) => describeMedium(path, tools),
}

test.each(Object.entries(doors))(
  '%s opens no image that refers to other files, and suggests nothing that would',
  async (_, open) => {
    const {images, canary} = hostileImages()
    const digest = () => createHash('sha256').update(readFileSync(canary)).digest('hex')
    const before = digest()
    for (const image of images) {
      const failure = await open(image).catch((error: unknown) => error)
      expect(failure, image).toMatchObject({
        code: 'ARTIFACT_INVALID',
        message: expect.stringMatching(/refers to .* outside itself/),
      })
      // Following the reference must not copy the host's file into a disk.
      expect(JSON.stringify(failure)).not.toMatch(/qemu-img|convert|the secret/)
    }
    expect(digest()).toBe(before)
  },
)

test('self-contained images are opened, also those with an unusual name', async () => {
  const directory = scratchDirectory()
  const raw = join(directory, "a raw, 'json:{}'.img")
  writeFileSync(raw, '')
  truncateSync(raw, 1 << 20)
  for (const [format, extension] of [
    ['qcow2', 'qcow2'],
    ['vpc', 'vhd'],
    ['vhdx', 'vhdx'],
    ['vmdk', 'vmdk'],
  ] as const) {
    const output = join(directory, `disk.${extension}`)
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, output])
    expect(await makeDiskFile({file: output}, 'disk0', {directory, ...tools})).toEqual({file: output, format})
  }
  const stream = join(directory, 'stream.vmdk')
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', raw, stream])
  expect(await makeDiskFile({file: stream}, 'disk0', {directory, ...tools})).toMatchObject({format: 'vmdk'})
  expect(await makeDiskFile({file: raw}, 'disk0', {directory, ...tools})).toEqual({file: raw, format: 'raw'})
})
