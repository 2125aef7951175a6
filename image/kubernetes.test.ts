import {afterAll, expect, test} from 'vitest'
import {type Arch, debian, defineImage, k3s, rke2} from '#dsl'
import {nodeHttp} from '#engine'
import {serveFiles} from '../test/served-files.ts'
import {kubernetesNodes, lockKubernetes, pinnedKubernetes} from './kubernetes.ts'

const digest = (letter: string) => letter.repeat(64)
const served = await serveFiles({
  '/v1.34.3%2Bk3s1/sha256sum-arm64.txt': `${digest('a')}  k3s-airgap-images-arm64.tar.zst\n${digest('b')}  k3s-arm64\n`,
  '/v1.34.3%2Bk3s1/k3s-arm64': 'the program',
  '/v1.34.3%2Brke2r1/sha256sum-amd64.txt': `${digest('c')}  rke2.linux-amd64.tar.gz\n${digest('d')}  rke2.linux-amd64\n`,
  '/v1.34.3%2Brke2r1/rke2.linux-amd64': 'another program',
})
afterAll(() => served.close())
const mirror = `http://127.0.0.1:${served.port}`

const imageOf = (kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>) => {
  const identity = kubernetes.kind === 'k3s' ? 'haos' : 'rke2os'
  return defineImage({name: 'x', version: '1', identity, base: debian(), kubernetes}).resolve({set: {}})
}

const lock = (kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>, arch: Arch) => {
  const spec = imageOf(kubernetes)
  if (!spec.kubernetes) throw new Error('the image has no Kubernetes')
  return lockKubernetes(spec.kubernetes, arch, {http: nodeHttp(), signal: new AbortController().signal})
}

test('a release is pinned by the digest and the size of its binary, under the file name of upstream', async () => {
  expect(await lock(k3s({version: 'v1.34.3+k3s1', mirror}), 'arm64')).toEqual({
    name: 'k3s',
    version: 'v1.34.3+k3s1',
    arch: 'arm64',
    path: 'v1.34.3%2Bk3s1/k3s-arm64',
    sizeBytes: 11,
    sha256: digest('b'),
  })
  expect(await lock(rke2({version: 'v1.34.3+rke2r1', mirror}), 'amd64')).toMatchObject({
    path: 'v1.34.3%2Brke2r1/rke2.linux-amd64',
    sizeBytes: 15,
    sha256: digest('d'),
  })
})

test('an error for a missing release names it and its URL', async () => {
  await expect(lock(k3s({version: 'v9.9.9+k3s1', mirror}), 'amd64')).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: 'the release v9.9.9+k3s1 of k3s could not be pinned',
    details: {cause: expect.stringContaining('sha256sum-amd64.txt answered 404')},
  })
})

test('a lock file that names another binary than the recipe is refused, even with the right request', () => {
  const kubernetes = imageOf(k3s({version: 'v1.34.3+k3s1', mirror, sha256: {amd64: digest('a')}})).kubernetes
  if (!kubernetes) throw new Error('the image has no Kubernetes')
  const right = {
    name: 'k3s',
    version: 'v1.34.3+k3s1',
    arch: 'amd64',
    path: 'v1.34.3%2Bk3s1/k3s',
    sizeBytes: 1,
    sha256: digest('a'),
  }
  const pinned = (changed: Partial<typeof right>) => () =>
    pinnedKubernetes(kubernetes, 'amd64', {request: digest('f'), packages: [{...right, ...changed}]})

  expect(pinned({})()).toEqual(right)
  for (const changed of [
    {sha256: digest('b')},
    {version: 'v1.20.0+k3s1'},
    {path: 'v1.20.0%2Bk3s1/k3s'},
    {path: '../../elsewhere/k3s'},
    {name: 'rke2'},
  ])
    expect(pinned(changed), JSON.stringify(changed)).toThrow(expect.objectContaining({code: 'LOCK_INVALID'}))
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
  const {kubernetes} = imageOf(k3s({version: 'v1.34.3+k3s1', mirror}))
  if (!kubernetes) throw new Error('the image has no Kubernetes')

  await expect(
    lockKubernetes(kubernetes, 'amd64', {http: endless, signal: new AbortController().signal}),
  ).rejects.toMatchObject({code: 'DOWNLOAD_FAILED', message: expect.stringContaining('longer than')})
})

test('kubectl is k3s itself, and with rke2 the one that rke2 unpacks', () => {
  const linksOf = (kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>) =>
    kubernetesNodes(imageOf(kubernetes), 'amd64', undefined).flatMap((node) =>
      node.type === 'symlink' ? [`${node.path} -> ${node.target}`] : [],
    )

  expect(linksOf(k3s({version: 'v1.34.3+k3s1'})).slice(0, 2)).toEqual([
    '/usr/bin/k3s -> /haos/system/k3s/current/k3s',
    '/usr/bin/kubectl -> k3s',
  ])
  expect(linksOf(rke2({version: 'v1.34.3+rke2r1'})).slice(0, 2)).toEqual([
    '/usr/bin/rke2 -> /rke2os/system/rke2/current/rke2',
    '/usr/bin/kubectl -> /var/lib/rancher/rke2/bin/kubectl',
  ])
})
