import {open} from 'node:fs/promises'
import * as z from 'zod'
import {encodeCpio} from './cpio.ts'

const Tail = z.strictObject({
  /** Image path of the node's config. */
  config: z.string().startsWith('/'),
  /** Offset of the last uncompressed archive, in bytes. */
  archiveAt: z.int().nonnegative(),
  /** Length of the initrd when it was built; the rest was added later. Absent: unchanged since. */
  builtBytes: z.optional(z.int().nonnegative()),
})

/** Description at the end of an initrd that contains a system. */
export type InitrdTail = z.output<typeof Tail>

const path = '/boot/remaster.tail'

/** Bytes of the file: with its header, its name and the trailer of its archive they make {@link tailBytes}. */
const contentBytes = 256
const tailBytes = 512
const contentAt = 132

/**
 * Makes the end of an initrd: a separate archive with one file, which the kernel unpacks like any other.
 *
 * The file always has the same length, so that it is found from the end of the initrd.
 */
export async function* encodeInitrdTail(tail: InitrdTail): AsyncGenerator<Uint8Array> {
  const text = JSON.stringify(tail).padEnd(contentBytes - 1)
  const content = {bytes: Buffer.from(`${text}\n`)}
  if (content.bytes.length !== contentBytes) throw new Error(`the tail of the initrd has no room for ${tail.config}`)
  yield* encodeCpio([{path, type: 'file', mode: 0o400, uid: 0, gid: 0, content}], {epoch: 0})
}

/**
 * Reads the end of an initrd; undefined if it contains no system.
 *
 * `sizeBytes` is its length. Default: that of the file.
 */
export async function readInitrdTail(hostPath: string, sizeBytes?: number): Promise<InitrdTail | undefined> {
  await using file = await open(hostPath, 'r')
  const end = sizeBytes ?? (await file.stat()).size
  const {buffer} = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, Math.max(end - tailBytes, 0))
  if (buffer.toString('latin1', 110, contentAt).replace(/\0+$/, '') !== path.slice(1)) return undefined
  const tail = parseTail(buffer.toString('utf8', contentAt, contentAt + contentBytes))
  // Both precede it, so that following them terminates.
  const isBefore = (place = 0) => place <= end - tailBytes
  return tail !== undefined && isBefore(tail.archiveAt) && isBefore(tail.builtBytes) ? tail : undefined
}

function parseTail(text: string): InitrdTail | undefined {
  try {
    return Tail.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
