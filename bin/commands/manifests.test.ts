import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {loadAll} from 'js-yaml'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {scratchDirectory} from '../../test/scratch.ts'

const program = join(import.meta.dirname, '../start.ts')

/** Runs a command on a recipe whose image has the given field `cluster`. */
function haosBuild(cluster: string, ...words: string[]) {
  const directory = scratchDirectory()
  writeFileSync(
    join(directory, 'haos.build.ts'),
    `import {defineImage, debian} from 'haos-build'
export default defineImage({name: 'edge', version: '1.4.0+b2', base: debian(), ${cluster}})`,
  )
  return spawnSync(process.execPath, [program, ...words], {cwd: directory, encoding: 'utf8'})
}

const Named = z.looseObject({kind: z.string(), metadata: z.object({name: z.string()})})
const named = (yaml: string) =>
  loadAll(yaml).map((object) => {
    const {kind, metadata} = Named.parse(object)
    return `${kind} ${metadata.name}`
  })

test('everything for a cluster is printed as YAML, each object once', () => {
  const digest = `@sha256:${'a'.repeat(64)}`
  const controller = `{image: 'rancher/system-upgrade-controller:v0.20.1${digest}', kubectl: 'rancher/kubectl:v1.30.3${digest}'}`
  const {stdout} = haosBuild(
    `cluster: {image: 'registry.example.com/haos', channel: 'https://releases.example.com/stable', controller: ${controller}}`,
    'manifests',
  )
  const objects = named(stdout)
  expect(objects).toContain('Plan haos-agents')
  expect(objects).toContain('DaemonSet haos-config')
  expect(new Set(objects).size).toBe(objects.length)
  expect(stdout).toContain(`image: rancher/system-upgrade-controller:v0.20.1${digest}`)
})

test('Plans for one version need no recipe field and no channel, and take the digest of the image', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const words = ['--only', 'plans', '--plan-version', '1.4.0', '--oci-image', `registry.example.com/haos@${digest}`]
  const {stdout} = haosBuild('', 'manifests', ...words)
  expect(stdout).toContain(`image: registry.example.com/haos@${digest}`)
  expect(stdout).toContain('version: 1.4.0')
  expect(stdout).not.toContain('channel')
})

test.each([
  [[], 'where the image for upgrades is'],
  [['--oci-image', 'registry.example.com/haos'], 'to which version'],
  [
    ['--oci-image', 'registry.example.com/haos', '--plan-version', '1'],
    'which images the system-upgrade-controller has',
  ],
  [['--oci-image', `x@sha256:${'a'.repeat(64)}`, '--channel', 'https://c.example/x'], 'always the same version'],
  [['--oci-image', 'registry.example.com/haos:v1', '--plan-version', '1'], 'not valid'],
])('manifests %j is refused, with the reason', (words, reason) => {
  const {stderr, status} = haosBuild('', 'manifests', ...words)
  expect([status, stderr]).toEqual([2, expect.stringContaining(reason)])
})

test('the channel names the version as the tag of the image', () => {
  const {stdout} = haosBuild('', 'channel', 'caddy', '--channel', 'https://releases.example.com/stable')
  expect(stdout).toBe('redir /stable /versions/1.4.0-b2 302\n')
  expect(haosBuild('', 'channel', 'caddy', '--channel', 'https://releases.example.com/').stderr).toContain(
    'cannot be a channel',
  )
})
