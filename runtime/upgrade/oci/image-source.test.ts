import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {makeImage, uniteLayouts, unpackLayout} from '../../../test/registry/small-image.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {filesOf, makeNode, type ReleaseOptions} from '../../../test/upgraded-node.ts'
import {readInstalled} from '../installed.ts'

const next: ReleaseOptions = {version: '2.0', kernel: '6.12.2'}

/** A node with an image in a file and as a layout. */
async function makeNodeAndImage(options: ReleaseOptions = next) {
  const node = makeNode()
  const archive = await makeImage(options)
  copyFileSync(archive, join(node.scratch, 'image.tar'))
  unpackLayout(archive, join(node.scratch, 'layout'))
  const upgrade = (source: string) => node.install(node.open(source))
  const blobs = join(node.scratch, 'layout/blobs/sha256')
  return {...node, upgrade, blobs}
}

const contents = (options: ReleaseOptions) => {
  const files = Object.entries(filesOf(options))
  const of = (name: string) => files.find(([path]) => path.endsWith(`/${name}`))?.[1]
  return ['packages.squashfs', 'system.squashfs', 'vmlinuz', 'initrd', 'modules.squashfs'].map(of)
}

test.each(['/image.tar', '/layout', '/layout/'])('a node is upgraded from an image at %s', async (source) => {
  const {upgrade, booting, system} = await makeNodeAndImage()
  expect(upgrade(source)).toEqual({kind: 'upgraded', id: '2.0', isOnTrial: true})
  expect(booting()).toEqual(contents(next))
  expect(readdirSync(join(system, 'haos/2.0'))).toEqual([
    ...['layers', 'packages.squashfs', 'release.json', 'system.squashfs'],
  ])
  // Nothing of what was unpacked on the way stays.
  expect(readdirSync(join(system, 'releases'))).toEqual(['1.0', '2.0'])
})

test('a file that an installed version has is copied from there, without its layer', async () => {
  const {upgrade, booting, blobs, system} = await makeNodeAndImage({version: '2.0', kernel: '6.12.1', build: 'two'})
  const layers = readdirSync(blobs).filter((name) =>
    readFileSync(join(blobs, name), 'latin1').includes('modules 6.12.1'),
  )
  expect(layers).toHaveLength(1)
  for (const name of layers) rmSync(join(blobs, name))
  upgrade('/layout')
  expect(booting()).toEqual(contents({version: '2.0', kernel: '6.12.1', build: 'two'}))
  expect(readdirSync(join(system, 'kernel'))).toContainEqual(expect.stringMatching(/^6\.12\.1\+[0-9a-f]{8}$/))
})

test('a layer that a registry compressed is unpacked all the same', async () => {
  const {upgrade, booting, scratch, blobs} = await makeNodeAndImage()
  const put = (bytes: Uint8Array) => {
    const digest = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, digest), bytes)
    return {digest: `sha256:${digest}`, size: bytes.length}
  }
  const indexFile = join(scratch, 'layout/index.json')
  const index = JSON.parse(readFileSync(indexFile, 'utf8'))
  const read = (digest: string) => readFileSync(join(blobs, digest.slice('sha256:'.length)))
  const manifest = JSON.parse(read(index.manifests[0].digest).toString())
  const layers = manifest.layers.map(({digest}: {digest: string}) => {
    return {mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', ...put(gzipSync(read(digest)))}
  })
  Object.assign(index.manifests[0], put(Buffer.from(JSON.stringify({...manifest, layers}))))
  writeFileSync(indexFile, JSON.stringify(index))
  upgrade('/layout')
  expect(booting()).toEqual(contents(next))
})

test('of an image for several architectures the one of the node is taken', async () => {
  const {upgrade, booting, scratch} = await makeNodeAndImage()
  const arm64 = scratchDirectory()
  unpackLayout(await makeImage({...next, arch: 'arm64', build: 'arm'}), arm64)
  uniteLayouts(arm64, join(scratch, 'layout'))
  upgrade('/layout')
  expect(booting()).toEqual(contents(next))
})

test('of an index whose other architectures were not copied, the image of the node is taken', async () => {
  const {upgrade, booting, scratch} = await makeNodeAndImage()
  const arm64 = scratchDirectory()
  unpackLayout(await makeImage({...next, arch: 'arm64', build: 'arm'}), arm64)
  const {manifests} = JSON.parse(readFileSync(join(arm64, 'index.json'), 'utf8'))
  uniteLayouts(arm64, join(scratch, 'layout'))
  rmSync(join(scratch, 'layout/blobs/sha256', manifests[0].digest.slice('sha256:'.length)))
  upgrade('/layout')
  expect(booting()).toEqual(contents(next))
})

test.each([
  [{...next, arch: 'arm64'}, 'no image for amd64, which this node is. Architectures in it: arm64'],
  [{...next, product: 'edgeos'}, 'release of "edgeos"'],
] as const)('an image for another node is refused before anything is written: %s', async (options, reason) => {
  const {upgrade, host} = await makeNodeAndImage(options)
  const changes = host.changes
  expect(() => upgrade('/layout')).toThrow(reason)
  expect(host.changes).toBe(changes)
})

test('two versions in one layout are refused, since none of them is asked for', async () => {
  const {open, scratch} = await makeNodeAndImage()
  const other = scratchDirectory()
  unpackLayout(await makeImage({version: '3.0'}), other)
  uniteLayouts(other, join(scratch, 'layout'))
  expect(() => open('/layout')).toThrow('several images for amd64')
})

test('a damaged layer is found before its file is unpacked, and nothing is changed', async () => {
  const {upgrade, booting, host, blobs, place} = await makeNodeAndImage()
  for (const name of readdirSync(blobs)) {
    const text = readFileSync(join(blobs, name), 'latin1')
    if (text.includes('system 2.0'))
      writeFileSync(join(blobs, name), text.replace('system 2.0', 'system 2.1'), 'latin1')
  }
  expect(() => upgrade('/layout')).toThrow('/layout is damaged: a part of it does not have the digest sha256:')
  expect(booting()).toEqual(contents({version: '1.0'}))
  expect(readInstalled(host, place).current.id).toBe('1.0')
})

test.each([
  [
    'is not of ours',
    (file: string) => writeFileSync(file, '{"schemaVersion":2,"manifests":[]}'),
    'Architectures in it: none',
  ],
  ['is no JSON', (file: string) => truncateSync(file, 20), 'no image'],
] as const)('an index that %s is refused', async (_, change, reason) => {
  const {open, scratch} = await makeNodeAndImage()
  change(join(scratch, 'layout/index.json'))
  expect(() => open('/layout')).toThrow(reason)
})

test('an upgrade that was interrupted does not take again what it has', async () => {
  const {upgrade, booting, system, blobs} = await makeNodeAndImage()
  const half = join(system, 'kernel/.6.12.2.new')
  mkdirSync(half, {recursive: true})
  writeFileSync(join(half, 'vmlinuz'), 'kernel 6.12.2')
  writeFileSync(join(half, 'initrd'), 'half')
  writeFileSync(join(half, 'strange'), '')
  for (const name of readdirSync(blobs)) {
    if (readFileSync(join(blobs, name), 'latin1').includes('kernel 6.12.2')) rmSync(join(blobs, name))
  }
  upgrade('/layout')
  expect(booting()).toEqual(contents(next))
  expect(readdirSync(join(system, 'kernel/6.12.2'))).toEqual(['initrd', 'modules.squashfs', 'vmlinuz'])
})

/** Changes what the manifest says of the layer with the kernel. */
function changeKernelLayer(scratch: string, blobs: string, change: () => object): void {
  const put = (bytes: Uint8Array) => {
    const digest = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, digest), bytes)
    return {digest: `sha256:${digest}`, size: bytes.length}
  }
  const indexFile = join(scratch, 'layout/index.json')
  const index = JSON.parse(readFileSync(indexFile, 'utf8'))
  const read = (digest: string) => readFileSync(join(blobs, digest.slice('sha256:'.length)))
  const manifest = JSON.parse(read(index.manifests[0].digest).toString())
  const layers = manifest.layers.map((layer: {digest: string}) => {
    const bytes = read(layer.digest)
    return bytes.includes('kernel 6.12.2') ? {...layer, ...change()} : layer
  })
  Object.assign(index.manifests[0], put(Buffer.from(JSON.stringify({...manifest, layers}))))
  writeFileSync(indexFile, JSON.stringify(index))
}

test('of a layer that unpacks to far more than its file, no more is unpacked, and nothing stays', async () => {
  const {upgrade, scratch, system, blobs} = await makeNodeAndImage()
  changeKernelLayer(scratch, blobs, () => {
    const tree = join(scratch, 'tree')
    mkdirSync(join(tree, 'haos/system/files/kernel'), {recursive: true})
    writeFileSync(join(tree, 'haos/system/files/kernel/vmlinuz'), Buffer.alloc(2 ** 24))
    const packed = execFileSync('tar', ['-cz', '-C', tree, 'haos/system/files/kernel/vmlinuz'])
    const digest = createHash('sha256').update(packed).digest('hex')
    writeFileSync(join(blobs, digest), packed)
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'
    return {mediaType, digest: `sha256:${digest}`, size: packed.length}
  })
  expect(() => upgrade('/layout')).toThrow('does not hold that file')
  expect(readdirSync(join(system, 'kernel/.6.12.2.new'))).toEqual([])
})

test('a layer that is much larger than its file is refused before it is fetched', async () => {
  const {upgrade, scratch, blobs} = await makeNodeAndImage()
  changeKernelLayer(scratch, blobs, () => ({size: 2 ** 33}))
  expect(() => upgrade('/layout')).toThrow('/layout is damaged: the layer of kernel/6.12.2/vmlinuz is much larger')
})
