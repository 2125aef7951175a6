import {type Arch, HaosError, type Kubernetes} from '#dsl'
import {type Http, readBody} from '#engine'
import type {LockedPackage} from '../source.ts'
import {lockedFiles} from './pinned-release.ts'
import {type ReleaseFile, releasePath} from './release-paths.ts'

interface LockReleaseContext {
  readonly http: Http
  readonly signal: AbortSignal
}

/**
 * Asks the channel for its release, if the recipe names one, and the release host for digests and sizes.
 *
 * Fails with DOWNLOAD_FAILED.
 */
export async function lockKubernetes(
  kubernetes: Kubernetes,
  arch: Arch,
  context: LockReleaseContext,
): Promise<LockedPackage[]> {
  const version = kubernetes.version ?? (await releaseOfChannel(kubernetes, context))
  const files = lockedFiles(kubernetes, arch)
  const isKnown = ({name}: ReleaseFile) => name === kubernetes.kind && kubernetes.sha256[arch] !== undefined
  const digests = files.every(isKnown) ? new Map() : await publishedDigests(kubernetes, version, arch, context)
  const locked: LockedPackage[] = []
  for (const file of files) {
    const path = releasePath(version, file)
    const sha256 = isKnown(file) ? kubernetes.sha256[arch] : digests.get(file.fileName)
    if (sha256 === undefined)
      throw releaseError(kubernetes, version, `${listUrl(kubernetes, version, arch)} does not list ${file.fileName}`)
    const sizeBytes = await sizeOf(kubernetes, version, path, context)
    locked.push({name: file.name, version, arch, path, sizeBytes, sha256})
  }
  return locked
}

/** Orders releases of k3s and rke2: by their numbers, of which the last counts builds of one version. */
export function compareReleases(a: string, b: string): number {
  const [first, second] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number))
  // The 3 of "k3s" and the 2 of "rke2r" are the same in both.
  for (const [index, number] of (first ?? []).entries()) {
    const difference = number - (second?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * The release that a channel names: the last part of the address that its server redirects to, which is not followed
 * (k3s-io/k3s, install.sh; the same for rke2).
 */
async function releaseOfChannel(kubernetes: Kubernetes, {http, signal}: LockReleaseContext): Promise<string> {
  const {channel = '', channelServer, kind} = kubernetes
  const url = `${channelServer}/${channel}`
  const {status, headers, body} = await http.get(url, {signal, redirect: 'manual'})
  await body[Symbol.asyncIterator]().return?.()
  const location = headers['location']
  if (status < 300 || status > 399 || location === undefined)
    throw channelError(kubernetes, `${url} answered ${status} instead of a redirect to a release`)
  const version = decodeURIComponent(new URL(location, url).pathname.split('/').at(-1) ?? '')
  if (!(kind === 'k3s' ? /^v\d+\.\d+\.\d+\+k3s\d+$/ : /^v\d+\.\d+\.\d+\+rke2r\d+$/).test(version))
    throw channelError(kubernetes, `${url} redirects to ${location}, which names no release of ${kind}`)
  return version
}

const listUrl = ({mirror}: Kubernetes, version: string, arch: Arch): string =>
  `${mirror}/${releasePath(version, {fileName: `sha256sum-${arch}.txt`})}`

/** Maximum size of a checksum list. Those of k3s and rke2 are about 1 kB. */
const maxListBytes = 1 << 20

/** Digests of the files of a release, by their names. */
async function publishedDigests(
  kubernetes: Kubernetes,
  version: string,
  arch: Arch,
  {http, signal}: LockReleaseContext,
): Promise<Map<string, string>> {
  const url = listUrl(kubernetes, version, arch)
  const response = await http.get(url, {signal})
  const list = await readBody(response, url, maxListBytes)
  if (response.status !== 200) throw releaseError(kubernetes, version, `${url} answered ${response.status}`)
  const lines = new TextDecoder().decode(list).split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [digest = '', file] = line.trim().split(/\s+\*?/)
      return file !== undefined && /^[0-9a-f]{64}$/.test(digest) ? [[file, digest] as const] : []
    }),
  )
}

async function sizeOf(
  kubernetes: Kubernetes,
  version: string,
  path: string,
  {http, signal}: LockReleaseContext,
): Promise<number> {
  const url = `${kubernetes.mirror}/${path}`
  const {status, headers, body} = await http.get(url, {signal})
  await body[Symbol.asyncIterator]().return?.()
  const sizeBytes = Number(headers['content-length'])
  if (status !== 200) throw releaseError(kubernetes, version, `${url} answered ${status}`)
  if (!Number.isSafeInteger(sizeBytes))
    throw releaseError(kubernetes, version, `${url} is served without its size (Content-Length)`)
  return sizeBytes
}

const releaseError = ({kind}: Kubernetes, version: string, cause: string): HaosError =>
  new HaosError('DOWNLOAD_FAILED', `the release ${version} of ${kind} could not be pinned`, {
    at: 'kubernetes',
    cause,
    hint: 'Check the version and the network, give `sha256` in the recipe with `ship: "first-boot"`, or name a reachable `mirror`.',
  })

const channelError = ({kind, channel}: Kubernetes, cause: string): HaosError =>
  new HaosError('DOWNLOAD_FAILED', `the channel "${channel}" of ${kind} names no release`, {
    at: 'kubernetes.channel',
    cause,
    hint: 'Check the name of the channel, name a `version` instead, or a reachable `channelServer`.',
  })
