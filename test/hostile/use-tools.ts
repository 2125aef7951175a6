import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {digestOfBytes, digestOfFile, type Tool, Toolbox} from '#engine'
import {
  changeInodes,
  checkExt,
  depmod,
  gzip,
  listPartitions,
  makeExt4,
  mcopy,
  mkfsFat,
  mmd,
  modinfo,
  qemuImgConvert,
  readExt,
  sfdisk,
  sparseTar,
  tar2sqfs,
  tarAttributes,
  unxz,
  xorriso,
  xorrisoExtract,
  xorrisoRewrite,
  zstd,
} from '#tools'
import {makeToolRun} from '../../engine/toolbox/run-tool.ts'
import {dpkgDeb} from '../../engine/tools/dpkg-deb.ts'

/*
 * A separate program, because it runs with hostile settings: use-tools.ts INPUTS DIRECTORY. Uses every tool once and prints the
 * digests of the outputs by tool, as JSON.
 */
const [inputs = '', directory = ''] = process.argv.slice(2)
const input = (name: string) => join(inputs, name)
const made = (name: string) => join(directory, name)
const scratch = made('scratch')
mkdirSync(scratch, {recursive: true})
const epoch = 1_750_000_000
const results: Record<string, string> = {}

/** Runs one tool. */
function use<Options>(tool: Tool<Options>, options: Options, streams: {stdin?: string; stdout?: string} = {}) {
  const log = made('log')
  const {signal} = new AbortController()
  return makeToolRun({toolbox: new Toolbox(), tools: [tool], log, scratch, epoch, signal})(tool, options, streams)
}
const put = (name: string, bytes: string | Uint8Array) => {
  writeFileSync(made(name), bytes)
  return made(name)
}

mkdirSync(made('root/lib/modules/6.1'), {recursive: true})
for (const [from, to] of [
  ['a', 'kernel/a'],
  ['b', 'updates/b'],
] as const) {
  mkdirSync(made(`root/lib/modules/6.1/${to}`), {recursive: true})
  writeFileSync(made(`root/lib/modules/6.1/${to}/same.ko`), readFileSync(input(`${from}.ko`)))
}
await use(depmod, {directory: made('root'), kernelVersion: '6.1'})
await use(modinfo, {files: [input('a.ko')]}, {stdout: made('modinfo')})
results['modinfo'] = readFileSync(made('modinfo'), 'utf8')
results['depmod'] = digestOfBytes(readFileSync(made('root/lib/modules/6.1/modules.dep')))

const uuid = '11111111-2222-3333-4444-555555555555'
const place = {image: put('ext', ''), startBytes: 0}
await use(makeExt4, {...place, sizeBytes: 64 << 20, label: 'X', uuid, directory: input('tree')})
await use(changeInodes, {...place, requests: put('requests', 'set_inode_field /Mixed uid 7\n')})
await use(checkExt, place)
// Before e2fsprogs 1.47.1 inodes have their creation times: the steps reset them, but this program does not.
const about = await use(readExt, {...place, requests: put('questions', 'show_super_stats -h\nstat /Mixed\n')})
results['mke2fs, debugfs, e2fsck'] = about
  .split('\n')
  .filter((line) => !/time|checksum|created/i.test(line))
  .join('\n')

const fat = made('fat')
await use(mkfsFat, {image: fat, sizeKib: 4096, label: 'EFI', serial: '01234567', fatBits: 12})
await use(mmd, {image: fat, directories: ['EFI', 'EFI/lower']})
await use(mcopy, {image: fat, from: input('tree/Mixed'), to: 'EFI/lower/Mixed long name.efi'})
await use(mcopy, {image: fat, from: input('tree/Mixed'), to: 'EFI/lower/mixed.efi'})
results['mkfs.fat, mmd, mcopy'] = await digestOfFile(fat)

const iso = made('iso')
const diskGuid = '0123456789abcdef0123456789abcdef'
const pathList = put('paths', `Mixed=${input('tree/Mixed')}\n`)
await use(xorriso, {
  ...{output: iso, volume: 'X', epoch, directory: input('tree'), pathList, modes: {}, diskGuid, efiPartition: fat},
})
results['xorriso'] = await digestOfFile(iso)
const added = [{from: input('tree/Mixed'), to: '/added'}]
await use(xorrisoRewrite, {iso, output: made('rewritten'), files: added, modes: {}, epoch})
results['xorriso, rewriting'] = await digestOfFile(made('rewritten'))
await use(xorrisoExtract, {iso: made('rewritten'), files: [{from: '/added', to: made('extracted')}]})
results['xorriso, reading'] = await digestOfFile(made('extracted'))

await use(sparseTar, {directory: input('tree'), names: ['Mixed'], epoch, output: made('tar')})
results['tar'] = await digestOfFile(made('tar'))
await use(tarAttributes, {directory: input('tree'), list: put('list', 'Mixed\0'), output: made('attributes')})
results['tar, of attributes'] = await digestOfFile(made('attributes'))
await use(gzip, {level: 6}, {stdin: input('tree/Mixed'), stdout: made('gz')})
results['gzip'] = await digestOfFile(made('gz'))
await use(zstd, {input: input('tree/Mixed'), output: made('zst'), level: 5})
results['zstd'] = await digestOfFile(made('zst'))
put('text.xz', readFileSync(input('text.xz')))
await use(unxz, {files: [made('text.xz')]})
results['xz'] = await digestOfFile(made('text'))
const squash = {output: made('squash'), epoch, compressor: 'zstd', level: 5, blockSizeBytes: 131_072} as const
await use(tar2sqfs, squash, {stdin: made('tar')})
results['tar2sqfs'] = await digestOfFile(made('squash'))

const disk = put('disk', Buffer.alloc(4 << 20))
await use(sfdisk, {image: disk}, {stdin: put('table', `label: gpt\nlabel-id: ${uuid}\nsize=2048, uuid=${uuid}\n`)})
const {partitiontable} = JSON.parse(await use(listPartitions, {image: disk}))
results['sfdisk'] = `${await digestOfFile(disk)}, ${partitiontable.partitions.length} partition`
await use(qemuImgConvert, {input: disk, output: made('qcow2'), format: 'qcow2'})
results['qemu-img'] = await digestOfFile(made('qcow2'))
await use(dpkgDeb, {archive: input('x.deb')}, {stdout: made('deb.tar')})
results['dpkg-deb'] = await digestOfFile(made('deb.tar'))
process.stdout.write(JSON.stringify(results))
