import type {Identity} from '#dsl'
import {digestInUpdateHeader, updateHeaderBytes} from '#layout'
import {type Host, renderStatus} from '../host/host.ts'
import {resumeDownload} from '../host/resume-download.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {encodeUtf8} from '../text/utf8.ts'
import type {Place} from './place.ts'

/** A source that was opened: a directory laid out like the system directory. */
export interface OpenSource {
  readonly directory: string
  close(): void
}

export interface SourceOptions {
  readonly identity: Identity
  readonly place: Place
  /** SHA-256 that a file must have. */
  readonly sha256: string | undefined
  readonly log: (line: string) => void
}

/** Larger than any ISO. */
const maxBytes = 8 * 2 ** 30
/** Timeout of a download: six hours. */
const timeoutSeconds = 21_600

/**
 * Opens a directory, an ISO, an update file or a block device, or a URL of such a file, which is fetched to the node's disk first.
 *
 * Throws an Error with the reason.
 */
export function openSource(host: Host, source: string, options: SourceOptions): OpenSource {
  const {identity, sha256} = options
  if (/^https?:\/\//.test(source)) return openFetched(host, source, options)
  if (host.list(source) !== undefined) return {directory: systemDirectoryIn(host, source, identity), close() {}}
  if (host.lstat(source) === undefined) throw new Error(`--source: ${source} does not exist`)
  checkDigest(host, source, sha256)
  return mount(host, source, identity)
}

/** A directory is the system directory itself, or a root or medium that contains it. */
function systemDirectoryIn(host: Host, directory: string, {systemDir, name}: Identity): string {
  const inside = `${directory.replace(/\/+$/, '')}${systemDir}`
  return host.list(`${inside}/${name}`) === undefined ? directory.replace(/\/+$/, '') : inside
}

function mount(host: Host, file: string, identity: Identity): OpenSource {
  const at = '/run/upgrade-source'
  runOrThrow(host, ['mkdir', '-p', at])
  const isDevice = host.lstat(file)?.type === 'other'
  runOrThrow(host, ['mount', '-o', isDevice ? 'ro' : 'ro,loop', file, at])
  const close = () => {
    host.run(['umount', at], {output: 'discard'})
    host.run(['rmdir', at], {output: 'discard'})
  }
  return {directory: systemDirectoryIn(host, at, identity), close}
}

/** Fetches into a file that is resumed when the upgrade is run again, and deleted once it was used. */
function openFetched(host: Host, url: string, {identity, place, sha256, log}: SourceOptions): OpenSource {
  const {release} = place.paths
  const file = `${release.directory}/.download-${host.sha256(encodeUtf8(url)).slice(0, 16)}`
  runOrThrow(host, ['mkdir', '-p', release.directory])
  log(`Fetching ${url}`)
  const status = resumeDownload(host, url, file, {maxBytes, timeoutSeconds, output: 'inherit'})
  if (status !== 0) throw new Error(`${url} could not be fetched: curl ${renderStatus(status)}; run it again to resume`)
  try {
    checkDigest(host, file, sha256)
  } catch (error) {
    host.remove(file)
    throw error
  }
  const opened = mount(host, file, identity)
  return {
    directory: opened.directory,
    close() {
      opened.close()
      host.remove(file)
    },
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
