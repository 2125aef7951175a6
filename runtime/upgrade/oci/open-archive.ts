import {oci} from '#layout'
import type {Host} from '../../host/host.ts'
import {dockerBlobs} from './docker-blobs.ts'
import type {ImageBlobs} from './image-blobs.ts'
import {openTar, type TarMembers} from './tar-members.ts'

/**
 * The blobs of an image in a tar archive: an OCI layout, or what `docker save` of any version makes. It may be compressed with gzip.
 * Undefined if the file is no archive: a disk or an ISO.
 *
 * The blobs are unpacked below `scratch`, one at a time. Throws if the file holds no image, or is compressed in another way.
 */
export function openArchive(host: Host, file: string, scratch: string): ImageBlobs | undefined {
  const compression = compressionOf(host, file)
  if (compression !== undefined && compression !== 'gzip')
    throw new Error(`${file} is compressed with ${compression}, which is not read: unpack it first, or use gzip`)
  const members = openTar(host, file, {scratch, compression})
  if (members === undefined) {
    if (compression === undefined) return undefined
    throw new Error(`${file} is compressed with gzip, and is no image for containers: unpack it first, with gunzip`)
  }
  if (members.has(oci.files.marker)) return layoutInTar(members)
  if (members.has(oci.files.docker)) return dockerBlobs(host, members)
  throw new Error(
    `${file} is a tar archive without an image for containers: neither ${oci.files.marker} nor ${oci.files.docker} is at its top`,
  )
}

const layoutInTar = ({archive, text, withFile}: TarMembers): ImageBlobs => ({
  origin: archive,
  isStaged: true,
  root: () => text(oci.files.index),
  text: ({digest}) => text(oci.files.blob(digest)),
  withFile: ({digest}, use) => withFile(oci.files.blob(digest), use),
})

/** The first bytes of compressed files, with U+FFFD for those that are no text. */
const marks = [
  ['gzip', '\u{1f}\u{fffd}'],
  ['zstd', '(\u{fffd}/\u{fffd}'],
  ['xz', '\u{fffd}7zXZ\0'],
  ['bzip2', 'BZh'],
] as const

function compressionOf(host: Host, file: string): (typeof marks)[number][0] | undefined {
  const start = host.run(['head', '-c', '6', file]).stdout
  return marks.find(([, mark]) => start.startsWith(mark))?.[0]
}
