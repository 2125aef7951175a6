import {createReadStream} from 'node:fs'
import {contentSize, type TreeContent, type TreeEntry, withParents} from './tree-archive.ts'

const fileTypes: Readonly<Partial<Record<TreeEntry['type'], number>>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  'block-device': 0o060000,
  'character-device': 0o020000,
  fifo: 0o010000,
}

/**
 * Encodes a tree as an initramfs archive, "newc" (kernel: Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * Inode numbers count up and every entry has one link, so equal trees give equal bytes. Hardlinks are not
 * used in an initrd and are refused.
 */
export async function* encodeCpio(
  entries: Iterable<TreeEntry>,
  {epoch}: {readonly epoch: number},
): AsyncGenerator<Uint8Array> {
  let inode = 1
  for (const entry of withParents(entries)) {
    const type = fileTypes[entry.type]
    if (type === undefined) throw new Error(`an initrd cannot hold ${entry.type} ${entry.path}`)
    const name = entry.path === '/' ? '.' : entry.path.slice(1)
    const content: TreeContent | undefined =
      entry.type === 'symlink' ? {bytes: Buffer.from(entry.target ?? '')} : entry.content
    const mode = type | (entry.type === 'symlink' ? 0o777 : entry.mode)
    const size = contentSize(content)
    yield record({name, inode: inode++, mode, entry, size, epoch})
    if (content !== undefined && 'bytes' in content) yield content.bytes
    else if (content !== undefined && size > 0) {
      yield* createReadStream(content.hostPath, {
        start: content.offset,
        end: content.offset + size - 1,
        highWaterMark: 1 << 20,
      })
    }
    if (size % 4 !== 0) yield new Uint8Array(4 - (size % 4))
  }
  yield record({name: 'TRAILER!!!', inode: 0, mode: 0, size: 0, epoch: 0})
}

function record(fields: {
  readonly name: string
  readonly inode: number
  readonly mode: number
  readonly size: number
  readonly epoch: number
  readonly entry?: TreeEntry
}): Uint8Array {
  const {name, inode, mode, size, epoch, entry} = fields
  const nameBytes = Buffer.from(`${name}\0`)
  const numbers = [
    inode,
    mode,
    entry?.uid ?? 0,
    entry?.gid ?? 0,
    1,
    epoch,
    size,
    0,
    0,
    entry?.major ?? 0,
    entry?.minor ?? 0,
    nameBytes.length,
    0,
  ]
  const head = `070701${numbers.map((number) => number.toString(16).toUpperCase().padStart(8, '0')).join('')}`
  return aligned(Buffer.concat([Buffer.from(head), nameBytes]))
}

/** Everything in the archive starts at a multiple of four. */
const aligned = (bytes: Uint8Array): Uint8Array =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(4 - (bytes.length % 4))])
