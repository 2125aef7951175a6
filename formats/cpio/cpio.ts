import {createReadStream} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {contentSize, type TreeContent, type TreeEntry, withParents} from '../tar/tree-archive.ts'

const fileTypes: Readonly<Partial<Record<TreeEntry['type'], number>>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  'block-device': 0o060000,
  'character-device': 0o020000,
  fifo: 0o010000,
}

/** Sizes have eight hexadecimal digits. */
const MAX_FILE = 0xffff_ffff

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
    if (type === undefined) throw new Error(`an initrd cannot hold the ${entry.type} ${entry.path}`)
    const name = entry.path === '/' ? '.' : entry.path.slice(1)
    const content: TreeContent | undefined =
      entry.type === 'symlink' ? {bytes: Buffer.from(entry.target ?? '')} : entry.content
    const mode = type | (entry.type === 'symlink' ? 0o777 : entry.mode)
    const size = contentSize(content)
    if (size > MAX_FILE) {
      throw new HaosError(
        'INPUT_INVALID',
        `${entry.path} is ${size} bytes, but files in an initrd must be smaller than 4 GiB`,
        {
          hint: 'Leave it out, or put it on an ISO or a disk.',
        },
      )
    }
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

/** Pads to a multiple of four bytes, at which everything in the archive starts. */
const aligned = (bytes: Uint8Array): Uint8Array =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(4 - (bytes.length % 4))])

/**
 * Reads an uncompressed initramfs archive at an offset in a file, up to its trailer: headers only.
 *
 * Fails with ARTIFACT_INVALID if there is none, or if it is truncated.
 */
export async function* readCpio(hostPath: string, atBytes: number): AsyncGenerator<TreeEntry> {
  await using file = await open(hostPath, 'r')
  for (let at = atBytes; ; ) {
    const {mode, uid, gid, sizeBytes, nameBytes} = await readHeader(file, hostPath, at)
    const name = await readBytes(file, hostPath, at + HEADER, nameBytes)
    const data = alignedTo4(at + HEADER + nameBytes)
    at = alignedTo4(data + sizeBytes)
    const path = name.toString('utf8', 0, Math.max(nameBytes - 1, 0))
    if (path === 'TRAILER!!!') return
    const type = typeOf(mode)
    if (type === undefined) continue
    const entry = {path: path === '.' ? '/' : `/${path}`, type, mode: mode & 0o7777, uid, gid}
    const content = {hostPath, offset: data, sizeBytes}
    if (type === 'file') yield {...entry, content}
    else if (type !== 'symlink') yield entry
    else if (sizeBytes > MAX_NAME) throw brokenArchive(hostPath, at)
    else yield {...entry, target: (await readBytes(file, hostPath, data, sizeBytes)).toString()}
  }
}

const HEADER = 110
const MAX_NAME = 4096

async function readHeader(file: FileHandle, hostPath: string, at: number) {
  const header = (await readBytes(file, hostPath, at, HEADER)).toString('latin1')
  const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16)
  const nameBytes = field(11)
  if (!/^07070[12][0-9a-fA-F]{104}$/.test(header) || nameBytes > MAX_NAME) throw brokenArchive(hostPath, at)
  return {mode: field(1), uid: field(2), gid: field(3), sizeBytes: field(6), nameBytes}
}

async function readBytes(file: FileHandle, hostPath: string, at: number, length: number): Promise<Buffer> {
  const {bytesRead, buffer} = await file.read(Buffer.alloc(length), 0, length, at)
  if (bytesRead < length) throw brokenArchive(hostPath, at)
  return buffer
}

const typeOf = (mode: number): TreeEntry['type'] | undefined =>
  (Object.keys(fileTypes) as TreeEntry['type'][]).find((type) => fileTypes[type] === (mode & 0o170000))

const alignedTo4 = (position: number): number => Math.ceil(position / 4) * 4

const brokenArchive = (hostPath: string, at: number): HaosError =>
  new HaosError('ARTIFACT_INVALID', `the initrd ${hostPath} is damaged at byte ${at}`, {
    hint: 'Compare it with SHA256SUMS, and copy it again from the build machine.',
    at: hostPath,
  })
