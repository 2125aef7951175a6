import {createServer} from 'node:http'
import {afterAll, expect, test} from 'vitest'
import {type Arch, debian, defineImage, k3s, rke2} from '#dsl'
import {nodeHttp} from '#engine'
import {listen} from '../../test/listen.ts'
import {serveFiles} from '../../test/served-files.ts'
import {compareReleases, lockKubernetes} from './lock-release.ts'

const digest = (letter: string) => letter.repeat(64)
const served = await serveFiles({
  '/v1.34.3%2Bk3s1/sha256sum-arm64.txt': `${digest('a')}  k3s-airgap-images-arm64.tar.zst\n${digest('b')}  k3s-arm64\n`,
  '/v1.34.3%2Bk3s1/k3s-arm64': 'the program',
  '/v1.34.3%2Bk3s1/k3s-airgap-images-arm64.tar.zst': 'the images',
  '/v1.34.3%2Brke2r1/sha256sum-amd64.txt': `${digest('c')}  rke2-images.linux-amd64.tar.zst\n${digest('d')}  rke2.linux-amd64\n`,
  '/v1.34.3%2Brke2r1/rke2.linux-amd64': 'another program',
  '/v1.34.3%2Brke2r1/rke2-images.linux-amd64.tar.zst': 'other images',
})
const mirror = `http://127.0.0.1:${served.port}`

/** Channels as their servers answer: a redirect to the page of a release, which nothing here serves. */
const channels = createServer(({url}, response) => {
  const release = {'/stable': 'v1.34.3%2Bk3s1', '/page': 'about', '/rke2': 'v1.34.3+rke2r1'}[url ?? '']
  if (release === undefined) response.writeHead(404).end()
  else response.writeHead(302, {location: `https://releases.invalid/tag/${release}`}).end()
})
const channelServer = `http://127.0.0.1:${await listen(channels)}`

afterAll(() => {
  served.close()
  channels.close()
})

const specOf = (input: ReturnType<typeof k3s> | ReturnType<typeof rke2>) => {
  const identity = input.kind === 'k3s' ? 'haos' : 'rke2os'
  const {kubernetes} = defineImage({name: 'x', version: '1', identity, base: debian(), kubernetes: input}).resolve({
    set: {},
  })
  if (!kubernetes) throw new Error('the image has no Kubernetes')
  return kubernetes
}

const lock = (input: ReturnType<typeof k3s> | ReturnType<typeof rke2>, arch: Arch, http = nodeHttp()) =>
  lockKubernetes(specOf(input), arch, {http, signal: new AbortController().signal})

const k3sOnArm = {
  name: 'k3s',
  version: 'v1.34.3+k3s1',
  arch: 'arm64',
  path: 'v1.34.3%2Bk3s1/k3s-arm64',
  sizeBytes: 11,
  sha256: digest('b'),
}

test('a release is pinned by the digest and the size of its binary, under the file name of upstream', async () => {
  expect(await lock(k3s({version: 'v1.34.3+k3s1', mirror}), 'arm64')).toEqual([k3sOnArm])
  expect(await lock(rke2({version: 'v1.34.3+rke2r1', mirror}), 'amd64')).toMatchObject([
    {path: 'v1.34.3%2Brke2r1/rke2.linux-amd64', sizeBytes: 15, sha256: digest('d')},
  ])
})

test('the archive of its own container images is pinned with it, under its name in the release', async () => {
  expect(await lock(k3s({version: 'v1.34.3+k3s1', mirror, airgap: true}), 'arm64')).toEqual([
    k3sOnArm,
    {
      ...k3sOnArm,
      name: 'k3s-airgap-images',
      path: 'v1.34.3%2Bk3s1/k3s-airgap-images-arm64.tar.zst',
      sizeBytes: 10,
      sha256: digest('a'),
    },
  ])
  expect(await lock(rke2({version: 'v1.34.3+rke2r1', mirror, airgap: true}), 'amd64')).toMatchObject([
    {name: 'rke2'},
    {name: 'rke2-images', path: 'v1.34.3%2Brke2r1/rke2-images.linux-amd64.tar.zst', sha256: digest('c')},
  ])
})

test('a channel is pinned to the release that its server names, whose page is not fetched', async () => {
  expect(await lock(k3s({channel: 'stable', channelServer, mirror}), 'arm64')).toEqual([k3sOnArm])
})

test.each([
  ['that does not exist', 'nothing', 'answered 404 instead of a redirect'],
  ['that names no release', 'page', 'names no release of k3s'],
  ['of another distribution', 'rke2', 'names no release of k3s'],
])('a channel %s is an error that names it and the answer', async (_, channel, cause) => {
  await expect(lock(k3s({channel, channelServer, mirror}), 'amd64')).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: `the channel "${channel}" of k3s names no release`,
    details: {cause: expect.stringContaining(cause)},
  })
})

test('an error for a missing release names it and its URL', async () => {
  await expect(lock(k3s({version: 'v9.9.9+k3s1', mirror}), 'amd64')).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: 'the release v9.9.9+k3s1 of k3s could not be pinned',
    details: {cause: expect.stringContaining('sha256sum-amd64.txt answered 404')},
  })
})

test('a list of digests that does not end is refused', async () => {
  const endless = {
    get: async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (;;) yield Buffer.alloc(1 << 16, 'x')
      })(),
    }),
  }

  await expect(lock(k3s({version: 'v1.34.3+k3s1', mirror}), 'amd64', endless)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('longer than'),
  })
})

test('releases are ordered by their numbers, not by their letters', () => {
  const ordered = ['v1.9.9+k3s1', 'v1.34.3+k3s1', 'v1.34.3+k3s2', 'v1.34.10+k3s1', 'v1.34.10+k3s11']

  expect([...ordered].reverse().sort(compareReleases)).toEqual(ordered)
  expect(compareReleases('v1.34.3+rke2r1', 'v1.34.3+rke2r1')).toBe(0)
})
