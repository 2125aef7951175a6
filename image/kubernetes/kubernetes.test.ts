import {expect, test} from 'vitest'
import {debian, defineImage, type FileNode, k3s, rke2, user} from '#dsl'
import {kubernetesAccounts, kubernetesNodes} from './kubernetes.ts'
import {kubernetesRequest, pinnedRelease} from './pinned-release.ts'

const digest = (letter: string) => letter.repeat(64)

const imageOf = (
  kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>,
  parts: readonly ReturnType<typeof user>[] = [],
) => {
  const identity = kubernetes.kind === 'k3s' ? 'haos' : 'rke2os'
  return defineImage({name: 'x', version: '1', identity, base: debian(), kubernetes, parts}).resolve({set: {}})
}

const right = {
  name: 'k3s',
  version: 'v1.34.3+k3s1',
  arch: 'amd64',
  path: 'v1.34.3%2Bk3s1/k3s',
  sizeBytes: 1,
  sha256: digest('a'),
}
const images = {...right, name: 'k3s-airgap-images', path: 'v1.34.3%2Bk3s1/k3s-airgap-images-amd64.tar.zst'}

test('a lock file that names another file than the recipe is refused, even with the right request', () => {
  const {kubernetes} = imageOf(k3s({version: 'v1.34.3+k3s1', sha256: {amd64: digest('a')}, airgap: true}))
  if (!kubernetes) throw new Error('the image has no Kubernetes')
  const pinned =
    (changed: Partial<typeof right>, others = [images]) =>
    () =>
      pinnedRelease(kubernetes, 'amd64', {packages: [{...right, ...changed}, ...others]})

  expect(pinned({})()).toEqual({version: 'v1.34.3+k3s1', program: right, airgap: images})
  for (const refused of [
    pinned({sha256: digest('b')}),
    pinned({version: 'v1.20.0+k3s1'}),
    pinned({path: 'v1.20.0%2Bk3s1/k3s'}),
    pinned({path: '../../elsewhere/k3s'}),
    pinned({name: 'rke2'}),
    pinned({}, []),
    pinned({}, [images, {...images, name: 'more'}]),
  ])
    expect(refused).toThrow(expect.objectContaining({code: 'LOCK_INVALID'}))
})

test('of a channel the lock file decides the release, and all of its files are of that one', () => {
  const {kubernetes} = imageOf(k3s({channel: 'stable', airgap: true}))
  if (!kubernetes) throw new Error('the image has no Kubernetes')
  const pinned = (version: string) => () =>
    pinnedRelease(kubernetes, 'amd64', {packages: [right, {...images, version}]})

  expect(pinned('v1.34.3+k3s1')()).toMatchObject({version: 'v1.34.3+k3s1'})
  expect(pinned('v1.34.4+k3s1')).toThrow('does not pin the k3s of the recipe')
})

test('a recipe that has every digest requests nothing, unless it follows a channel or contains container images', () => {
  const sha256 = {amd64: digest('a')}
  const requests = [
    k3s({version: 'v1.34.3+k3s1', ship: 'first-boot', sha256}),
    k3s({version: 'v1.34.3+k3s1', ship: 'first-boot'}),
    k3s({channel: 'stable', ship: 'first-boot'}),
    k3s({version: 'v1.34.3+k3s1', sha256}),
    k3s({version: 'v1.34.3+k3s1', sha256, airgap: true}),
  ].map((kubernetes) => kubernetesRequest(imageOf(kubernetes), 'amd64'))

  expect(requests[0]).toBeUndefined()
  expect(new Set(requests).size).toBe(5)
})

test('the program is a symlink, below the system directory or to where the node keeps what it fetched', () => {
  const linksOf = (kubernetes: ReturnType<typeof k3s> | ReturnType<typeof rke2>) =>
    kubernetesNodes(imageOf(kubernetes), 'amd64', undefined).flatMap((node) =>
      node.type === 'symlink' ? [`${node.path} -> ${node.target}`] : [],
    )

  expect(linksOf(k3s({version: 'v1.34.3+k3s1'}))).toEqual(['/usr/bin/k3s -> /haos/system/k3s/current/k3s'])
  expect(linksOf(rke2({version: 'v1.34.3+rke2r1', ship: 'first-boot'}))).toEqual([
    '/usr/bin/rke2 -> /var/lib/rancher/rke2os/rke2/v1.34.3+rke2r1/rke2',
  ])
})

const textsOf = (nodes: readonly FileNode[]) =>
  nodes.flatMap((node) =>
    node.type === 'file' && 'text' in node.content ? [[node.path, node.mode, node.content.text]] : [],
  )

test('registries and settings are files that only root can read', () => {
  const registries = {
    mirrors: {'docker.io': {endpoint: ['https://mirror.example.com:5000']}, '*': {}},
    configs: {'mirror.example.com:5000': {auth: {username: 'me', password: 'geheim'}}},
  }
  const spec = imageOf(k3s({version: 'v1.34.3+k3s1', registries, config: {'write-kubeconfig-mode': '0600'}}))

  expect(textsOf(kubernetesNodes(spec, 'amd64', undefined))).toEqual([
    ['/etc/rancher/k3s/config.yaml', '0600', '{\n  "write-kubeconfig-mode": "0600"\n}\n'],
    ['/etc/rancher/k3s/registries.yaml', '0600', `${JSON.stringify(registries, null, 2)}\n`],
  ])
})

test("rke2's profile comes with its setting, its kernel parameters and the account of etcd, unless the recipe has that", () => {
  const hardened = rke2({version: 'v1.34.3+rke2r1', profile: 'cis', config: {cni: 'canal'}})
  const own = user('etcd', {uid: 200, password: 'locked'})

  expect(textsOf(kubernetesNodes(imageOf(hardened), 'amd64', undefined))).toEqual([
    ['/etc/rancher/rke2/config.yaml', '0600', '{\n  "cni": "canal",\n  "profile": "cis"\n}\n'],
    ['/etc/sysctl.d/90-rke2-cis.conf', '0644', expect.stringContaining('vm.overcommit_memory = 1\n')],
  ])
  expect(kubernetesAccounts(imageOf(hardened))).toMatchObject([{kind: 'user', name: 'etcd', password: 'locked'}])
  expect(kubernetesAccounts(imageOf(hardened, [own]))).toEqual([])
  expect(kubernetesAccounts(imageOf(rke2({version: 'v1.34.3+rke2r1'})))).toEqual([])
})
