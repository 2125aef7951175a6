import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {digestOfFile} from '../../../engine/store/digest.ts'
import {writeTree} from '../../../formats/tar/tree-archive.ts'
import {OciConfig, OciIndex, OciManifest, oci, PlacedFiles} from '../../../layout/oci.ts'
import {findSkopeo, findUmoci} from '../../../test/registry/container-tools.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {ociArchive} from './oci-archive.ts'

/** An image of a small release. */
async function pack({version = '1.0+x', system = 'overlay'} = {}) {
  const scratch = scratchDirectory()
  const put = (name: string, text: string) => {
    writeFileSync(join(scratch, name), text)
    return join(scratch, name)
  }
  const tools = join(scratch, 'tools')
  const entry = {type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: Buffer.from('busybox')}} as const
  await writeTree(tools, [{path: '/bin/busybox', ...entry}], {epoch: 0})
  const files = {packages: put('packages', 'packages'), system: put('system', system)}
  return runStep(
    ociArchive,
    {
      tools,
      files: Object.values(files),
      release: put('release', `{"version":"${version}"}\n`),
      signatures: [],
      program: [put('program', '#!/usr/bin/qjs\n')],
    },
    {
      name: 'haos',
      version,
      architecture: 'arm',
      variant: 'v7',
      entrypoint: ['haos'],
      env: ['PATH=/usr/bin'],
      annotations: {'org.opencontainers.image.version': version},
      files: Object.keys(files).map((name) => {
        return {file: `haos/${version}/${name}`, path: `haos/system/files/haos/${name}`, mode: 0o644}
      }),
      release: `haos/system/haos/${version}/release.json`,
      program: ['bin/haos'],
      texts: {},
      links: {[`haos/system/haos/${version}/system`]: '../../files/haos/system'},
    },
  )
}

/** The documents of an archive. */
function open(archive: string) {
  const layout = scratchDirectory()
  execFileSync('tar', ['-xf', archive, '-C', layout])
  const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'))
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`
  const index = OciIndex.parse(read('index.json'))
  const manifest = OciManifest.parse(read(blob(index.manifests[0]?.digest ?? '')))
  const config = OciConfig.parse(read(blob(manifest.config.digest)))
  return {layout, index, manifest, config, layers: manifest.layers.map(({digest}) => digest), blob}
}

test('two archives of the same content have the same bytes', async () => {
  const first = await digestOfFile(await pack())
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect(await digestOfFile(await pack())).toBe(first)
})

test('a changed file changes its layer and the last one, which describes the release', async () => {
  const before = open(await pack()).layers
  const after = open(await pack({version: '2.0', system: 'another'})).layers
  expect(after.map((layer, index) => layer === before[index])).toEqual([true, true, false, false])
})

test('the configuration names the layer of each file, and that layer holds nothing else', async () => {
  const {config, layout, blob, layers} = open(await pack())
  const labels = config.config?.Labels ?? {}
  expect(labels[oci.labels.release]).toBe('{"version":"1.0+x"}\n')
  const placed = PlacedFiles.parse(JSON.parse(labels[oci.labels.files] ?? ''))
  expect(placed.map(({file}) => file)).toEqual(['haos/1.0+x/packages', 'haos/1.0+x/system'])
  for (const {path, layer} of placed) {
    expect(layers).toContain(layer)
    expect(execFileSync('tar', ['-tf', join(layout, blob(layer))], {encoding: 'utf8'})).toBe(`${path}\n`)
  }
  expect(config.rootfs.diff_ids).toEqual(layers)
})

const skopeo = findSkopeo()

test.skipIf(skopeo.path === undefined)(
  `skopeo reads it as an archive of OCI and of Docker, with equal layers${skopeo.reason ? ` (${skopeo.reason})` : ''}`,
  async () => {
    const archive = await pack()
    const inspect = (kind: string) =>
      JSON.parse(
        execFileSync(skopeo.path ?? '', ['inspect', `${kind}:${archive}`], {env: skopeo.env, encoding: 'utf8'}),
      )
    const [oci, docker] = [inspect('oci-archive'), inspect('docker-archive')]
    expect(oci).toMatchObject({Architecture: 'arm', Os: 'linux', Env: ['PATH=/usr/bin']})
    expect(docker.Layers).toEqual(oci.Layers)
  },
)

const umoci = findUmoci()

test.skipIf(umoci.path === undefined)(
  `umoci unpacks it into a root with the release${umoci.reason ? ` (${umoci.reason})` : ''}`,
  async () => {
    const {layout} = open(await pack())
    const bundle = join(scratchDirectory(), 'bundle')
    mkdirSync(bundle, {recursive: true})
    execFileSync(umoci.path ?? '', ['unpack', '--rootless', '--image', `${layout}:1.0-x`, bundle], {
      env: umoci.env,
      stdio: 'pipe',
    })
    const read = (path: string) => readFileSync(join(bundle, 'rootfs', path), 'utf8')
    expect([read('haos/system/haos/1.0+x/system'), read('bin/haos'), read('bin/busybox')]).toEqual([
      ...['overlay', '#!/usr/bin/qjs\n', 'busybox'],
    ])
  },
)
