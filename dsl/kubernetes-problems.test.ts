import {expect, test} from 'vitest'
import {HaosError} from './error.ts'
import {defineImage} from './image.ts'
import {debian} from './image-parts.ts'
import {k3s, rke2} from './kubernetes-spec.ts'

const sha256 = 'a'.repeat(64)

function problemsOf(kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>): readonly string[] {
  const identity = kubernetes.kind === 'k3s' ? 'haos' : 'rke2os'
  try {
    defineImage({name: 'x', version: '1', identity, base: debian(), kubernetes}).resolve({set: {}})
    return []
  } catch (error) {
    if (!(error instanceof HaosError)) throw error
    return (error.details.problems ?? []).map(({path, message}) => `${path} ${message}`)
  }
}

test.each([
  ['neither version nor channel', k3s({}), 'kubernetes.version is missing'],
  ['both', k3s({version: 'v1.34.3+k3s1', channel: 'stable'}), 'kubernetes.channel is given together with a version'],
  ['a release of the other', k3s({version: 'v1.34.3+rke2r1'}), 'kubernetes.version is no release of k3s'],
  [
    'a digest for a channel',
    k3s({channel: 'stable', sha256: {amd64: sha256}}),
    'kubernetes.sha256 belongs to one release, and a channel has many',
  ],
  [
    'container images without the program',
    k3s({version: 'v1.34.3+k3s1', ship: 'first-boot', airgap: true}),
    'kubernetes.airgap needs the program in the image',
  ],
  [
    'two archives of one name',
    k3s({version: 'v1.34.3+k3s1', images: ['a/app.tar', {url: 'https://example.com/app.tar', sha256}]}),
    'kubernetes.images[1] has the name of another archive: app.tar',
  ],
  [
    'a file that is no archive',
    k3s({version: 'v1.34.3+k3s1', images: ['app.zip']}),
    'kubernetes.images[0] must end with the name of an archive such as "app.tar" or "app.tar.zst"',
  ],
  [
    'a path in a registry',
    k3s({version: 'v1.34.3+k3s1', registries: {configs: {'example.com/team': {}}}}),
    'kubernetes.registries.configs["example.com/team"] must be a host and a port, without a path',
  ],
  [
    'a profile twice',
    rke2({version: 'v1.34.3+rke2r1', profile: 'cis', config: {profile: 'cis'}}),
    'kubernetes.config.profile is given twice',
  ],
] as const)('%s is one problem, at its place', (_, kubernetes, problem) => {
  expect(problemsOf(kubernetes)).toEqual([problem])
})

test('a misspelt key of registries.yaml is found at its place', () => {
  const written = JSON.parse('{"mirrors": {"docker.io": {"endpoints": ["https://mirror.example.com"]}}}')

  expect(problemsOf(k3s({version: 'v1.34.3+k3s1', registries: written}))).toEqual([
    'kubernetes.registries.mirrors["docker.io"].endpoints is not a known key here',
  ])
})
