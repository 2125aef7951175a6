import {oci} from '#layout'
import type {Host} from '../../host/host.ts'
import type {ImageBlobs} from './image-blobs.ts'

/** The blobs of an OCI layout, which is a directory. */
export function layoutBlobs(host: Host, directory: string): ImageBlobs {
  const read = (path: string): string => {
    const text = host.read(`${directory}/${path}`)
    if (text === undefined) throw new Error(`${directory} is incomplete: there is no ${path}`)
    return text
  }
  return {
    origin: directory,
    isStaged: false,
    root: () => read(oci.files.index),
    text: ({digest}) => read(oci.files.blob(digest)),
    withFile({digest}, use) {
      const path = oci.files.blob(digest)
      if (host.lstat(`${directory}/${path}`) === undefined)
        throw new Error(`${directory} is incomplete: there is no ${path}`)
      use(`${directory}/${path}`)
    },
  }
}

/** Whether a directory is an OCI layout. */
export const isLayout = (host: Host, directory: string): boolean =>
  host.lstat(`${directory}/${oci.files.marker}`) !== undefined
