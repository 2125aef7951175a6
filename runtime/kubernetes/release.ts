import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'

/** A Kubernetes release that the image names but does not contain. The build writes the file, so its shape is known. */
export interface Release {
  readonly name: string
  readonly version: string
  /** Absolute path of the program; `/usr/bin` contains a symlink to it. */
  readonly path: string
  readonly url: string
  readonly sha256: string
}

/** The release that is still to be fetched; undefined if its program exists already, or if the image names none. */
export function missingRelease({
  host,
  identity,
}: {
  readonly host: Host
  readonly identity: Identity
}): Release | undefined {
  const release = namedRelease(host, identity)
  // A power cut can leave an empty file.
  return release === undefined || (host.lstat(release.path)?.sizeBytes ?? 0) > 0 ? undefined : release
}

/** The release that the node fetches; undefined if the image contains its program, or names none. */
export function namedRelease(host: Host, identity: Identity): Release | undefined {
  const text = host.read(`/usr/lib/${identity.name}/kubernetes.json`)
  return text === undefined ? undefined : JSON.parse(text)
}

/** What has been fetched so far, and a file with the size of the whole. */
export const partOf = ({path}: Release) => ({file: `${path}.part`, size: `${path}.size`})
