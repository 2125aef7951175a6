import type {Identity} from '#dsl'
import {digestInUpdateHeader, oci, updateHeaderBytes} from '#layout'
import {resumeDownload} from '../fetch/resume-download.ts'
import {freeBytesAt} from '../host/free-bytes.ts'
import type {Host} from '../host/host.ts'
import {resolveLinks, runOrThrow} from '../host/run-or-throw.ts'
import {renderSize} from '../install/disks.ts'
import {openRepository, type RegistryOptions} from '../registry/registry.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {type Candidate, type ForNode, readCandidate} from './candidate.ts'
import {imageCandidate} from './oci/image-candidate.ts'
import {isLayout, layoutBlobs} from './oci/layout-blobs.ts'
import {openArchive} from './oci/open-archive.ts'
import {registryBlobs} from './oci/registry-blobs.ts'
import type {Place} from './place.ts'
import {downloadPrefix, dropDownloads, isLayerDownload} from './prune.ts'

/** A source that was opened. */
export interface OpenSource {
  readonly candidate: Candidate
  close(): void
}

export interface SourceOptions extends ForNode {
  readonly place: Place
  /** SHA-256 that a file must have. */
  readonly sha256: string | undefined
  /** Variables of the config for the program that fetches: those of a proxy. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly log: (line: string) => void
}

/** Larger than any ISO. */
const maxBytes = 8 * 2 ** 30
/** What a download leaves free. */
const marginBytes = 32 * 2 ** 20
/** Timeout of a download: six hours. */
const timeoutSeconds = 21_600

/**
 * Opens a directory, an ISO, an update file, a block device or an archive of an image for containers, or a URL of such a file, which
 * is fetched to the node's disk first. A directory may also be an OCI layout.
 *
 * Throws an Error with the reason.
 */
export function openSource(host: Host, source: string, options: SourceOptions): OpenSource {
  if (/^https?:\/\//.test(source)) return openFetched(host, source, options)
  dropDownloads(host, options.place, () => false)
  if (host.list(source) !== undefined) return openDirectory(host, source.replace(/\/+$/, ''), options)
  const file = resolveLinks(host, source)
  if (host.lstat(file) === undefined) throw new Error(`--source: ${source} does not exist`)
  checkDigest(host, file, options.sha256)
  return openFile(host, file, options)
}

/** Opens an image in a registry. */
export function openImage(host: Host, image: string, options: SourceOptions & RegistryOptions): OpenSource {
  const reference = oci.parseReference(image)
  if (reference === undefined)
    throw new Error(
      `--image: "${image}" is not the name of an image with its registry: write registry.example.com/name:tag, with @sha256:… for a certain one`,
    )
  // Those of this image are known later.
  dropDownloads(host, options.place, isLayerDownload)
  const repository = openRepository(host, reference, options)
  const blobs = registryBlobs(host, repository, reference, options)
  return {candidate: imageCandidate(host, blobs, options), close() {}}
}

function openDirectory(host: Host, directory: string, options: SourceOptions): OpenSource {
  const candidate = isLayout(host, directory)
    ? imageCandidate(host, layoutBlobs(host, directory), options)
    : readCandidate(host, systemDirectoryIn(host, directory, options.identity), options)
  return {candidate, close() {}}
}

function openFile(host: Host, file: string, options: SourceOptions): OpenSource {
  const {place} = options
  const scratch = `${place.paths.release.directory}/${downloadPrefix}layer`
  const blobs = host.lstat(file)?.type === 'file' ? openArchive(host, file, scratch) : undefined
  return blobs === undefined
    ? mount(host, file, options)
    : {candidate: imageCandidate(host, blobs, options), close() {}}
}

/** A directory is the system directory itself, or a root or medium that contains it. */
function systemDirectoryIn(host: Host, directory: string, {systemDir, name}: Identity): string {
  const inside = `${directory}${systemDir}`
  return host.list(`${inside}/${name}`) === undefined ? directory : inside
}

function mount(host: Host, file: string, options: SourceOptions): OpenSource {
  const at = '/run/upgrade-source'
  // An upgrade that was killed could not do it.
  host.run(['umount', at], {output: 'discard'})
  runOrThrow(host, ['mkdir', '-p', at])
  const isDevice = host.lstat(file)?.type === 'other'
  // Nobody has vouched for it yet: what users find there gives them no rights.
  runOrThrow(host, ['mount', '-o', `ro,nosuid,nodev,noexec${isDevice ? '' : ',loop'}`, file, at])
  const close = () => {
    host.run(['umount', at], {output: 'discard'})
    host.run(['rmdir', at], {output: 'discard'})
  }
  try {
    return {candidate: readCandidate(host, systemDirectoryIn(host, at, options.identity), options), close}
  } catch (error) {
    close()
    throw error
  }
}

/** Fetches into a file that is resumed when the upgrade is run again, and deleted once it was used. */
function openFetched(host: Host, url: string, options: SourceOptions): OpenSource {
  const {place, sha256, log, env} = options
  const {release} = place.paths
  const file = `${release.directory}/${downloadPrefix}${host.sha256(encodeUtf8(url)).slice(0, 16)}`
  dropDownloads(host, place, (name) => file.endsWith(`/${name}`))
  runOrThrow(host, ['mkdir', '-p', release.directory])
  log(`Fetching ${url}`)
  // A disk that a download had filled would stop everything else on the node, and stay full.
  const room = (freeBytesAt(host, release.directory) ?? maxBytes) - marginBytes
  if (room <= 0)
    throw new Error(`${url} was not fetched: the disk of this node is full. Make room in /var, /home or /opt`)
  const failure = resumeDownload(host, url, file, {maxBytes: Math.min(maxBytes, room), timeoutSeconds, env})
  if (failure !== undefined) {
    const limit = room < maxBytes ? ` (there is room for ${renderSize(room)})` : ''
    throw new Error(`${url} could not be fetched: ${failure}${limit}; run it again to resume`)
  }
  try {
    checkDigest(host, file, sha256)
    const {candidate, close} = openFile(host, file, options)
    return {
      candidate,
      close() {
        close()
        host.remove(file)
      },
    }
  } catch (error) {
    // The next attempt would take it for the whole file.
    host.remove(file)
    throw error
  }
}

function checkDigest(host: Host, file: string, sha256: string | undefined): void {
  if (host.lstat(file)?.type === 'file') checkUpdateFile(host, file)
  if (sha256 === undefined) return
  const found = host.run(['sha256sum', file]).stdout.slice(0, 64)
  if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found} instead of ${sha256}: it was not used`)
}

/** An update file is an ISO that knows its own digest. */
function checkUpdateFile(host: Host, file: string): void {
  const sha256 = digestInUpdateHeader(host.run(['head', '-c', '4096', file]).stdout)
  if (sha256 === undefined) return
  const read = 'tail -c "+$1" "$2" | sha256sum'
  const found = host.run(['sh', '-c', read, 'sh', String(updateHeaderBytes + 1), file]).stdout.slice(0, 64)
  if (found !== sha256) throw new Error(`${file} is damaged or incomplete: it was not used`)
}
