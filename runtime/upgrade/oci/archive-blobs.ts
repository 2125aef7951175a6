import {oci} from '#layout'
import type {Host} from '../../host/host.ts'
import {runOrThrow} from '../../host/run-or-throw.ts'
import type {ImageBlobs} from './image-blobs.ts'

/** The blobs of an OCI layout in a tar archive. They are unpacked below `scratch`, one at a time. */
export function archiveBlobs(host: Host, archive: string, scratch: string): ImageBlobs {
  const text = (path: string): string => {
    const {status, stdout} = host.run(['tar', '-xOf', archive, path])
    if (status !== 0) throw incomplete(path)
    return stdout
  }
  const incomplete = (path: string) => new Error(`${archive} is damaged or incomplete: there is no ${path} in it`)
  return {
    origin: archive,
    isStaged: true,
    root: () => text(oci.files.index),
    text: ({digest}) => text(oci.files.blob(digest)),
    withFile({digest}, use) {
      const path = oci.files.blob(digest)
      runOrThrow(host, ['mkdir', '-p', scratch])
      try {
        if (host.run(['tar', '-xf', archive, '-C', scratch, path]).status !== 0) throw incomplete(path)
        use(`${scratch}/${path}`)
      } finally {
        runOrThrow(host, ['rm', '-rf', scratch])
      }
    },
  }
}

/** Whether a file is an OCI layout in a tar archive. */
export const isArchive = (host: Host, file: string): boolean =>
  // First the mark of a tar header: tar(1) would read the whole of another file.
  host.run(['head', '-c', '512', file]).stdout.slice(257, 262) === 'ustar' &&
  host.run(['tar', '-tf', file, oci.files.marker], {output: 'discard'}).status === 0
