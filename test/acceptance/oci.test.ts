import {execFileSync} from 'node:child_process'
import {copyFileSync, readdirSync, readFileSync} from 'node:fs'
import {cp} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {OciConfig, OciManifest, oci} from '../../layout/oci.ts'
import {Release} from '../../layout/release.ts'
import {findRegistry} from '../registry/container-tools.ts'
import {startFront} from '../registry/registry-front.ts'
import {startRegistry} from '../registry/start-registry.ts'
import {scratchDirectory} from '../scratch.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld() ?? findRegistry().reason

const overlay = (text: string) => ({parts: `file('/etc/greeting.conf', {text: '${text}'})`})

/** The layout that a build leaves, and what its image says of itself. */
function openLayout({out}: Workplace) {
  const layout = join(out, 'tiny-1.0.0-oci')
  const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'))
  const manifest = OciManifest.parse(read(oci.files.blob(digestOf(layout))))
  const config = OciConfig.parse(read(oci.files.blob(manifest.config.digest)))
  const release = Release.parse(JSON.parse(config.config?.Labels?.[oci.labels.release] ?? ''))
  return {digest: digestOf(layout), layers: manifest.layers, release}
}

const digestOf = (layout: string): string =>
  JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests[0].digest

test.skipIf(reason)(
  `an image for containers holds the release of the ISO, has the same digest elsewhere, and of a changed overlay only its layer travels${reason ? ` (${reason})` : ''}`,
  async () => {
    const registry = await startRegistry(scratchDirectory())
    onTestFinished(registry.close)
    const front = await startFront(registry.host)
    const world = await makeTinyWorld()
    const here = world.workplace({recipe: overlay('one')})
    const name = `${front.host}/os/tiny:1.0.0`
    expect(await here.run(['iso'])).toMatchObject({status: 0})
    const built = await here.run(['oci', '--push', name])
    expect(built).toMatchObject({status: 0})
    const image = openLayout(here)
    expect(built.stdout).toContain(`${name}  ${image.digest}`)

    const onIso = join(here.directory, 'release.json')
    const path = '/haos/system/haos/1.0.0/release.json'
    execFileSync(
      'xorriso',
      ['-osirrox', 'on', '-indev', join(here.out, 'tiny-1.0.0-amd64.iso'), '-extract', path, onIso],
      {
        stdio: 'ignore',
      },
    )
    expect(JSON.parse(readFileSync(onIso, 'utf8'))).toEqual(image.release)

    // The store has only the downloads, so everything else is rebuilt.
    const there = world.workplace({recipe: overlay('one')})
    copyFileSync(here.lock, there.lock)
    await cp(join(here.store, 'blobs'), join(there.store, 'blobs'), {recursive: true})
    const unpushed = await there.run(['oci', '--locked', '--offline'])
    expect(unpushed).toMatchObject({status: 0, stdout: expect.stringContaining('Next:\n  haos-build oci --push ')})
    expect(built.stdout).not.toContain('Next:')
    expect(openLayout(there).digest).toBe(image.digest)
    const archive = 'tiny-1.0.0-oci-amd64.tar'
    expect(readFileSync(join(there.out, archive)).equals(readFileSync(join(here.out, archive)))).toBe(true)

    const before = (await front.requests()).length
    here.writeRecipe(overlay('another'))
    expect(await here.run(['oci', '--push', name])).toMatchObject({status: 0})
    const changed = openLayout(here)
    const isNew = changed.layers.filter(({digest}) => !image.layers.some((layer) => layer.digest === digest))
    // The system layer, and the last one, which describes the release.
    expect(isNew.map(({digest}) => changed.layers.findIndex((layer) => layer.digest === digest))).toEqual([
      ...[changed.layers.length - 2, changed.layers.length - 1],
    ])
    const sent = (await front.requests()).slice(before).reduce((sum, {receivedBytes}) => sum + receivedBytes, 0)
    const needed = isNew.reduce((sum, {size}) => sum + size, 0)
    expect(sent).toBeGreaterThan(needed)
    // Beside them only the configuration and the manifest.
    expect(sent).toBeLessThan(needed + 10_000)
    // Nothing of the first image is left in the layout.
    expect(readdirSync(join(here.out, 'tiny-1.0.0-oci/blobs/sha256'))).toHaveLength(changed.layers.length + 2)
  },
)

test.skipIf(reason)('a push that nobody can want is refused before anything is built', async () => {
  const world = await makeTinyWorld({hollow: true})
  const {run} = world.workplace()
  for (const [args, message] of [
    [['--push', 'tiny:1'], '"tiny:1" is not a name to push to'],
    [['--push', `registry.example.com/tiny@sha256:${'0'.repeat(64)}`], 'is not a name to push to'],
    [['--push', 'registry.example.com/tiny', '--offline'], '--offline forbids a push'],
  ] as const) {
    const {status, stderr} = await run(['oci', ...args])
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
  }
})
