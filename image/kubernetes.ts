import {type Arch, type FileNode, HaosError, type ImageSpec, type Kubernetes} from '#dsl'
import type {Http} from '#engine'
import {digestOf, readBody} from '#engine'
import {systemPaths} from '#layout'
import type {LockedPackage, LockedSet} from './source.ts'

/** Names of the binary in a release, as upstream publishes it (k3s-io/k3s, install.sh; rancher/rke2, scripts/version.sh). */
const fileNames: Readonly<Record<Kubernetes['kind'], Readonly<Record<Arch, string>>>> = {
  k3s: {amd64: 'k3s', arm64: 'k3s-arm64', arm: 'k3s-armhf'},
  rke2: {amd64: 'rke2.linux-amd64', arm64: 'rke2.linux-arm64', arm: 'rke2.linux-arm'},
}

/** Command-line tools of a cluster. */
const aliases = ['kubectl', 'crictl', 'ctr']

/**
 * k3s acts as the tool by whose name it is called (docs.k3s.io, "k3s subcommands"); rke2 unpacks the tools when it
 * starts (docs.rke2.io, "Cluster Access").
 */
const aliasTarget: Readonly<Record<Kubernetes['kind'], (alias: string) => string>> = {
  k3s: () => 'k3s',
  rke2: (alias) => `/var/lib/rancher/rke2/bin/${alias}`,
}

/** The request for the binary, or undefined if the recipe already contains everything. */
export function kubernetesRequest({kubernetes}: ImageSpec, arch: Arch): string | undefined {
  if (kubernetes === undefined || (kubernetes.ship === 'first-boot' && kubernetes.sha256[arch] !== undefined))
    return undefined
  const {version, sha256} = kubernetes
  return digestOf({version, arch, sha256: sha256[arch] ?? null})
}

/**
 * The pinned binary, if it is the one that the recipe requests.
 *
 * A lock file that names another release, file or digest for the same request was edited manually, and escaped the
 * review of the recipe. Fails with LOCK_INVALID.
 */
export function pinnedKubernetes(
  kubernetes: Kubernetes,
  arch: Arch,
  {packages: [pinned, ...others]}: LockedSet,
): LockedPackage | undefined {
  if (pinned === undefined) return undefined
  const wanted = {
    name: kubernetes.kind,
    version: kubernetes.version,
    arch,
    path: releasePath(kubernetes, arch),
    sha256: kubernetes.sha256[arch] ?? pinned.sha256,
  }
  const problems = (Object.keys(wanted) as (keyof typeof wanted)[]).flatMap((path) =>
    pinned[path] === wanted[path] ? [] : [{path, message: `is ${pinned[path]} instead of ${wanted[path]}`}],
  )
  if (problems.length + others.length === 0) return pinned
  throw new HaosError('LOCK_INVALID', `the lock file does not pin the ${kubernetes.kind} of the recipe`, {
    at: 'kubernetes',
    hint: 'Restore the lock file from version control; if the recipe is wrong, correct its version and sha256.',
    problems,
  })
}

/** Path of the binary below the mirror. */
export const releasePath = ({kind, version}: Kubernetes, arch: Arch): string =>
  `${encodeURIComponent(version)}/${fileNames[kind][arch]}`

/** Asks the release host for digest and size of the binary. Fails with DOWNLOAD_FAILED. */
export async function lockKubernetes(
  kubernetes: Kubernetes,
  arch: Arch,
  {http, signal}: {readonly http: Http; readonly signal: AbortSignal},
): Promise<LockedPackage> {
  const {kind: name, version, mirror} = kubernetes
  const path = releasePath(kubernetes, arch)
  const sha256 = kubernetes.sha256[arch] ?? (await publishedDigest(kubernetes, arch, {http, signal}))
  const {status, headers, body} = await http.get(`${mirror}/${path}`, {signal})
  await body[Symbol.asyncIterator]().return?.()
  const sizeBytes = Number(headers['content-length'])
  if (status !== 200) throw releaseError(kubernetes, `${mirror}/${path} answered ${status}`)
  if (!Number.isSafeInteger(sizeBytes))
    throw releaseError(kubernetes, `${mirror}/${path} is served without its size (Content-Length)`)
  return {name, version, arch, path, sizeBytes, sha256}
}

/** Maximum size of a checksum list. Those of k3s and rke2 are about 1 kB. */
const maxListBytes = 1 << 20

async function publishedDigest(
  kubernetes: Kubernetes,
  arch: Arch,
  {http, signal}: {readonly http: Http; readonly signal: AbortSignal},
): Promise<string> {
  const url = `${kubernetes.mirror}/${encodeURIComponent(kubernetes.version)}/sha256sum-${arch}.txt`
  const response = await http.get(url, {signal})
  const list = await readBody(response, url, maxListBytes)
  if (response.status !== 200) throw releaseError(kubernetes, `${url} answered ${response.status}`)
  const name = fileNames[kubernetes.kind][arch]
  for (const line of new TextDecoder().decode(list).split('\n')) {
    const [digest = '', file] = line.trim().split(/\s+\*?/)
    if (file === name && /^[0-9a-f]{64}$/.test(digest)) return digest
  }
  throw releaseError(kubernetes, `${url} does not list ${name}`)
}

const releaseError = ({kind, version}: Kubernetes, cause: string): HaosError =>
  new HaosError('DOWNLOAD_FAILED', `the release ${version} of ${kind} could not be pinned`, {
    at: 'kubernetes',
    cause,
    hint: 'Check the version and the network, give `sha256` in the recipe with `ship: "first-boot"`, or name a reachable `mirror`.',
  })

/**
 * Files of the system for Kubernetes: symlinks to the program, and the release to fetch if the image does not contain
 * it.
 */
export function kubernetesNodes(
  {identity, kubernetes}: ImageSpec,
  arch: Arch,
  pinned: LockedPackage | undefined,
): FileNode[] {
  if (kubernetes === undefined) return []
  const {kind: name, version, ship, mirror} = kubernetes
  const place =
    ship === 'embedded'
      ? `${systemPaths(identity).kubernetes.current}/${name}`
      : `${identity.localDir}/${name}/${version}/${name}`
  const link = (path: string, target: string): FileNode => ({type: 'symlink', path, target, uid: 0, gid: 0})
  const release = {
    name,
    version,
    path: place,
    url: `${mirror}/${encodeURIComponent(version)}/${fileNames[name][arch]}`,
    sha256: kubernetes.sha256[arch] ?? pinned?.sha256,
  }
  return [
    link(`/usr/bin/${name}`, place),
    ...aliases.map((alias) => link(`/usr/bin/${alias}`, aliasTarget[name](alias))),
    ...(ship === 'embedded'
      ? []
      : [
          {
            type: 'file' as const,
            path: `/usr/lib/${identity.name}/kubernetes.json`,
            mode: '0644',
            uid: 0,
            gid: 0,
            content: {text: `${JSON.stringify(release, null, 2)}\n`},
          },
        ]),
  ]
}
