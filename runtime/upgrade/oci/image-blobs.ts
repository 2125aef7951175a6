import type {OciDescriptor} from '#layout'
import type {Host} from '../../host/host.ts'
import {encodeUtf8} from '../../text/utf8.ts'

/** The parts of an image: in a layout, an archive or a registry. */
export interface ImageBlobs {
  /** What users call it. */
  readonly origin: string
  /** Whether a blob is put on the disk before it is used. */
  readonly isStaged: boolean
  /** Text of the document that leads to all others: an index or a manifest. */
  root(): string
  /** Text of a small blob, which must be checked. */
  text(blob: OciDescriptor): string
  /** Makes the path of a file with the blob, which must be checked, for the time of a call. */
  withFile(blob: OciDescriptor, use: (path: string) => void): void
}

/** Text of a small blob. Throws if it does not have its digest. */
export function checkedText(host: Host, blobs: ImageBlobs, blob: OciDescriptor): string {
  const text = blobs.text(blob)
  if (`sha256:${host.sha256(encodeUtf8(text))}` !== blob.digest) throw damaged(blobs, blob)
  return text
}

/** Makes the path of a file with the blob for the time of a call. Throws if it does not have its digest. */
export function withCheckedFile(host: Host, blobs: ImageBlobs, blob: OciDescriptor, use: (path: string) => void): void {
  blobs.withFile(blob, (path) => {
    const {stdout} = host.run(['sha256sum', path])
    if (`sha256:${stdout.slice(0, 64)}` !== blob.digest) throw damaged(blobs, blob)
    use(path)
  })
}

const damaged = ({origin}: ImageBlobs, {digest}: OciDescriptor): Error =>
  new Error(`${origin} is damaged: a part of it does not have the digest ${digest}`)
