import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, onTestFinished, test} from 'vitest'
import {encodeHeader} from '../../../formats/tar/tar-format.ts'
import {
  type FoundProgram,
  findCrane,
  findRegistry,
  findSkopeo,
  findUmoci,
} from '../../../test/registry/container-tools.ts'
import {makeImage, unpackLayout} from '../../../test/registry/small-image.ts'
import {startRegistry} from '../../../test/registry/start-registry.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {filesOf, makeNode, type ReleaseOptions} from '../../../test/upgraded-node.ts'

const next: ReleaseOptions = {version: '2.0', kernel: '6.12.2'}
const [skopeo, umoci, crane] = [findSkopeo(), findUmoci(), findCrane()]

/** A node, the layout of an image, and how the node opens a file. */
async function makeNodeAndLayout() {
  const node = makeNode()
  const archive = await makeImage(next)
  const layout = join(node.scratch, 'layout')
  unpackLayout(archive, layout)
  const upgrade = (source: string) => node.install(node.open(source))
  return {...node, layout, archive, upgrade, file: join(node.scratch, 'image.tar')}
}

const pack = (file: string, directory: string, ...members: string[]) =>
  execFileSync('tar', ['-cf', file, '-C', directory, ...members])

const runTool = ({path = '', env}: FoundProgram, ...argv: string[]) => execFileSync(path, argv, {env, stdio: 'pipe'})

const copyImage = (from: string, to: string) => runTool(skopeo, '--insecure-policy', 'copy', '--quiet', from, to)

/** A docker archive, as `docker save` before version 25 makes it: each layer has a directory, and an equal one is a symlink. */
function packOldDockerSave(layout: string, file: string): void {
  const read = (digest: string) => readFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)))
  const {manifests} = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
  const {config, layers} = JSON.parse(read(manifests[0].digest).toString())
  const directory = join(layout, '../old-save')
  mkdirSync(directory)
  const ids = layers.map(({digest}: {digest: string}, index: number) => {
    const id = createHash('sha256').update(`${index}`).digest('hex')
    mkdirSync(join(directory, id))
    writeFileSync(join(directory, id, 'VERSION'), '1.0')
    if (index !== 2) writeFileSync(join(directory, id, 'layer.tar'), read(digest))
    else {
      mkdirSync(join(directory, 'equal'))
      writeFileSync(join(directory, 'equal/layer.tar'), read(digest))
      symlinkSync('../equal/layer.tar', join(directory, id, 'layer.tar'))
    }
    return id
  })
  const name = `${config.digest.slice('sha256:'.length)}.json`
  writeFileSync(join(directory, name), read(config.digest))
  const described = [{Config: name, RepoTags: ['haos:2.0'], Layers: ids.map((id: string) => `${id}/layer.tar`)}]
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(described))
  pack(file, directory, ...readdirSync(directory))
}

interface Packed {
  readonly what: string
  readonly needs?: FoundProgram
  make(given: {readonly layout: string; readonly archive: string; readonly file: string}): void | Promise<void>
}

const archives: readonly Packed[] = [
  {what: 'of an OCI layout, by `tar -C LAYOUT .`', make: ({layout, file}) => pack(file, layout, '.')},
  {
    what: 'of an OCI layout, compressed with gzip',
    make: ({archive, file}) => writeFileSync(file, gzipSync(readFileSync(archive))),
  },
  {
    what: 'of an OCI layout, by `tar -cz .`',
    make: ({layout, file}) => execFileSync('tar', ['-czf', file, '-C', layout, '.']),
  },
  {
    what: 'that skopeo has written as oci-archive',
    needs: skopeo,
    make: ({archive, file}) => copyImage(`oci-archive:${archive}`, `oci-archive:${file}:2.0`),
  },
  {
    what: 'of a layout that umoci has changed',
    needs: umoci,
    make({layout, file}) {
      runTool(umoci, 'config', '--image', `${layout}:2.0`, '--author', 'somebody')
      pack(file, layout, '.')
    },
  },
  {
    what: 'that skopeo has written as docker-archive',
    needs: skopeo,
    make: ({archive, file}) => copyImage(`oci-archive:${archive}`, `docker-archive:${file}:haos:2.0`),
  },
  {
    what: 'that skopeo has written as docker-archive, compressed with gzip',
    needs: skopeo,
    make({archive, file}) {
      copyImage(`oci-archive:${archive}`, `docker-archive:${file}:haos:2.0`)
      writeFileSync(file, gzipSync(readFileSync(file)))
    },
  },
  {
    what: 'that crane has saved, whose layers are compressed',
    needs: [crane, skopeo, findRegistry()].find(({reason}) => reason !== undefined) ?? crane,
    async make({archive, file}) {
      const registry = await startRegistry(scratchDirectory())
      onTestFinished(registry.close)
      const name = `${registry.host}/haos:2.0`
      const plain = ['--dest-tls-verify=false', '--dest-compress']
      runTool(skopeo, '--insecure-policy', 'copy', '--quiet', ...plain, `oci-archive:${archive}`, `docker://${name}`)
      runTool(crane, 'pull', '--insecure', name, file)
    },
  },
  {what: 'of `docker save` before version 25', make: ({layout, file}) => packOldDockerSave(layout, file)},
  {
    what: 'of `docker save` since version 25, with its parts in another order',
    make: ({layout, file}) => pack(file, layout, 'blobs', 'index.json', 'manifest.json', 'oci-layout'),
  },
]

for (const {what, needs, make} of archives)
  test.skipIf(needs?.reason)(
    `a node is upgraded from an archive ${what}${needs?.reason ? ` (${needs.reason})` : ''}`,
    async () => {
      const {upgrade, booting, system, ...given} = await makeNodeAndLayout()
      await make(given)
      expect(upgrade('/image.tar')).toEqual({kind: 'upgraded', id: '2.0', isOnTrial: true})
      const files = Object.values(filesOf(next))
      expect(booting().every((text) => files.includes(text))).toBe(true)
      // Nothing of what was unpacked on the way stays.
      expect(readdirSync(join(system, 'releases'))).toEqual(['1.0', '2.0'])
    },
  )

test.each([
  ['a tar archive of something else', (file: string) => pack(file, '/etc', 'hostname'), 'without an image'],
  ['a compressed ISO', (file: string) => writeFileSync(file, gzipSync(Buffer.alloc(2048))), 'with gunzip'],
  [
    'an archive compressed with zstd',
    (file: string) => writeFileSync(file, Buffer.from('28b52ffd00000000', 'hex')),
    'compressed with zstd',
  ],
  ['one compressed with xz', (file: string) => writeFileSync(file, Buffer.from('fd377a585a000000', 'hex')), 'with xz'],
  ['one compressed with bzip2', (file: string) => writeFileSync(file, 'BZh91AY&SY'), 'with bzip2'],
] as const)('%s is refused by name', async (_, make, reason) => {
  const {open, file} = await makeNodeAndLayout()
  make(file)
  expect(() => open('/image.tar')).toThrow(reason)
})

test('a compressed archive that ends too early is refused, and nothing is installed', async () => {
  const {upgrade, booting, archive, file} = await makeNodeAndLayout()
  const packed = gzipSync(readFileSync(archive))
  writeFileSync(file, packed.subarray(0, packed.length / 2))
  const before = booting()
  expect(() => upgrade('/image.tar')).toThrow('/image.tar is damaged or incomplete: ')
  expect(booting()).toEqual(before)
})

test('a configuration that does not have the digest of its name is refused', async () => {
  const {open, layout, file} = await makeNodeAndLayout()
  packOldDockerSave(layout, file)
  const text = readFileSync(file, 'latin1')
  writeFileSync(file, text.replace('"os":"linux"', '"os":"linuX"'), 'latin1')
  expect(() => open('/image.tar')).toThrow('/image.tar is damaged, or no image for containers: ')
})

test('a symlink of an archive does not lead to a file of the node', async () => {
  const {upgrade, layout, file, scratch} = await makeNodeAndLayout()
  packOldDockerSave(layout, file)
  const directory = join(scratch, 'old-save')
  execFileSync('sh', [
    '-c',
    'for f in "$0"/*/layer.tar; do ln -sf ../../../../../../etc/hostname "$f"; done',
    directory,
  ])
  pack(file, directory, ...readdirSync(directory))
  expect(() => upgrade('/image.tar')).toThrow('in it is no file')
})

test.skipIf(process.getuid?.() !== 0)(
  'files of a layer belong to root, whoever owned them when it was packed',
  async () => {
    const {upgrade, layout, system, scratch, file} = await makeNodeAndLayout()
    packOldDockerSave(layout, file)
    const [directory, tree] = [join(scratch, 'old-save'), join(scratch, 'tree')]
    const config = readdirSync(directory).find((name) => name.endsWith('.json') && name !== 'manifest.json') ?? ''
    const [{Layers}] = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
    const described = JSON.parse(readFileSync(join(directory, config), 'utf8'))
    const placed = JSON.parse(described.config.Labels['io.haos-build.files'])
    // Another layer with the same file, and with the digest that is claimed for it.
    const index = described.rootfs.diff_ids.indexOf(
      placed.find(({path}: {path: string}) => path.endsWith('/vmlinuz')).layer,
    )
    const layer = join(directory, Layers[index])
    mkdirSync(tree)
    execFileSync('tar', ['-xf', layer, '-C', tree])
    const inside = join(tree, 'haos/system/files/kernel/vmlinuz')
    chownSync(inside, 1000, 1000)
    pack(layer, tree, 'haos/system/files/kernel/vmlinuz')
    const digest = createHash('sha256').update(readFileSync(layer)).digest('hex')
    const changed = JSON.stringify(described).replaceAll(
      described.rootfs.diff_ids[index].slice('sha256:'.length),
      digest,
    )
    const name = `${createHash('sha256').update(changed).digest('hex')}.json`
    execFileSync('mv', [join(directory, config), join(directory, name)])
    writeFileSync(join(directory, name), changed)
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify([{Config: name, RepoTags: null, Layers}]))
    pack(file, directory, ...readdirSync(directory))
    upgrade('/image.tar')
    expect(statSync(join(system, 'kernel/6.12.2/vmlinuz')).uid).toBe(0)
  },
)

test.each([
  ['an option of tar', (marker: string) => `--use-compress-program=sh -c "touch ${marker}; cat"`],
  ['a path out of the archive', () => '../../outside'],
  ['an absolute path', () => '/etc/outside'],
])('a member whose name is %s is not there, and no program gets its name', async (_, nameFor) => {
  const node = makeNode()
  const marker = join(node.scratch, 'marker')
  const name = nameFor(marker)
  const member = (path: string, text: string) => {
    const header = encodeHeader({
      ...{name: path, linkName: '', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0},
      sizeBytes: text.length,
    })
    return [header, Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]
  }
  const described = JSON.stringify([{Config: name, RepoTags: null, Layers: []}])
  const archive = [...member('manifest.json', described), ...member(name, '{}'), Buffer.alloc(1024)]
  writeFileSync(join(node.scratch, 'image.tar'), Buffer.concat(archive))

  expect(() => node.install(node.open('/image.tar'))).toThrow('is damaged')
  expect(existsSync(marker)).toBe(false)
})

test('an index that names itself over and over, by other names, is refused after a few levels', async () => {
  const {scratch, layout, upgrade} = await makeNodeAndLayout()
  const put = (text: string) => {
    const digest = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(layout, 'blobs/sha256', digest), text)
    return {mediaType: 'application/vnd.oci.image.index.v1+json', digest: `sha256:${digest}`, size: text.length}
  }
  let index = readFileSync(join(layout, 'index.json'), 'utf8')
  for (let level = 0; level < 24; level++) {
    const entry = put(index)
    index = JSON.stringify({schemaVersion: 2, level, manifests: [entry, entry, entry]})
  }
  writeFileSync(join(layout, 'index.json'), index)

  expect(() => upgrade(layout.slice(scratch.length))).toThrow('an index in an index in an index')
})
