import {fstatSync, readSync} from 'node:fs'
import {HaosError, parentOf} from '#dsl'
import {BufferedSink, OpenFiles, openFile} from './buffered-sink.ts'
import {encodeHeader, encodePax, parseHeader, parsePax, type TarHeader} from './tar-format.ts'

/** The bytes of a file: in memory, or at an offset in a host file. */
export type TreeContent =
  | {readonly bytes: Uint8Array}
  | {readonly hostPath: string; readonly offset: number; readonly sizeBytes: number}

/** One path of a tree in the store. Paths are absolute image paths; the root is `/`. */
export interface TreeEntry {
  readonly path: string
  readonly type: TarHeader['type']
  /** Permission bits with setuid, setgid and sticky, as a number. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Target of a symlink (as written) or hardlink (an absolute image path). */
  readonly target?: string
  readonly major?: number
  readonly minor?: number
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
  readonly content?: TreeContent
  /** Seconds since 1970, if {@link ReadTreeOptions.times} asks for it. */
  readonly mtime?: number
}

const BLOCK = 512

/** Maximum bytes of a header's own data: names, and extended attributes of 64 KiB each (xattr(7)). */
const MAX_HEADER_BYTES = 16 << 20

export interface ReadTreeOptions {
  /** Makes the error for an invalid tree. Default: the store is damaged. */
  readonly damaged?: (problem: string) => HaosError
  /** Whether entries have their times, which are the same for all in a tree of the store. Default: false. */
  readonly times?: boolean
}

/**
 * Reads a tree: headers only, file contents stay where they are.
 *
 * A tree is kept as one tar file (POSIX.1-2001 pax, which GNU tar and tar2sqfs read), because a
 * host directory could hold neither foreign owners nor devices without root.
 */
export async function* readTree(hostPath: string, options: ReadTreeOptions = {}): AsyncGenerator<TreeEntry> {
  using file = openFile(hostPath, 'r')
  const {size: totalBytes} = fstatSync(file.fd)
  const read = windowedReader(file.fd)
  let position = 0
  let pax: ReadonlyMap<string, Uint8Array> = new Map()
  let longName: string | undefined
  let longLink: string | undefined
  const fail = (problem: string): HaosError =>
    options.damaged?.(`${problem} at byte ${position}`) ?? brokenTree(hostPath, position)
  while (position < totalBytes) {
    const block = read(position, BLOCK)
    if (block.length < BLOCK) throw fail('it ends in the middle of a header')
    if (block.every((byte) => byte === 0)) return
    const header = parseHeader(block)
    if (header === undefined) throw fail('there is no valid header')
    const data = position + BLOCK
    const size = sizeOf(pax, header)
    if (size === undefined || data + size > totalBytes) throw fail('a file is larger than the archive')
    if (header.type !== 'file' && size > MAX_HEADER_BYTES) throw fail(`a header is ${size} bytes`)
    if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse.'))) throw fail('a file is sparse')
    if (header.type === 'pax') {
      const records = parsePax(read(data, size))
      if (records === undefined) throw fail('a pax header cannot be read')
      pax = records
    } else if (header.type === 'long-name') {
      longName = cString(read(data, size))
    } else if (header.type === 'long-link') {
      longLink = cString(read(data, size))
    } else {
      const entry = toEntry(header, pax, longName, longLink, {hostPath, offset: data, sizeBytes: size})
      yield options.times ? {...entry, mtime: Math.floor(Number(paxText(pax, 'mtime') ?? header.mtime))} : entry
      pax = new Map()
      longName = undefined
      longLink = undefined
    }
    position = data + Math.ceil(size / BLOCK) * BLOCK
  }
}

/** Bytes of data after a header, or undefined if its size is invalid. */
function sizeOf(pax: ReadonlyMap<string, Uint8Array>, {sizeBytes, type}: TarHeader): number | undefined {
  const stated = type === 'file' ? paxText(pax, 'size') : undefined
  const size = stated === undefined ? sizeBytes : /^\d{1,16}$/.test(stated) ? Number(stated) : Number.NaN
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined
}

/**
 * Writes a tree. Equal entries give equal bytes: it sorts by path, sets one time for all, and adds missing parents as
 * `0755 root:root`. With `bare` it keeps the given order and adds nothing.
 */
export async function writeTree(
  output: string,
  entries: Iterable<TreeEntry>,
  {epoch, bare = false}: {readonly epoch: number; readonly bare?: boolean},
): Promise<void> {
  using file = openFile(output, 'wx')
  using sources = new OpenFiles()
  const sink = new BufferedSink(file.fd, sources)
  for (const entry of bare ? entries : withParents(entries)) {
    const {header, pax} = toHeader(entry, epoch)
    if (pax.size > 0) {
      const body = encodePax(pax)
      sink.write(encodeHeader({...header, type: 'pax', name: 'pax', linkName: '', mode: 0o644, sizeBytes: body.length}))
      sink.write(padded(body))
    }
    sink.write(encodeHeader(header))
    if (entry.content !== undefined && header.sizeBytes > 0) await writeContent(sink, entry.content)
  }
  sink.write(new Uint8Array(2 * BLOCK))
  sink.flush()
}

async function writeContent(sink: BufferedSink, content: TreeContent): Promise<void> {
  const size = contentSize(content)
  if ('bytes' in content) sink.write(content.bytes)
  else if (!(await sink.copy(content.hostPath, content.offset, size)))
    throw brokenTree(content.hostPath, content.offset)
  sink.write(new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK))
}

/**
 * Adds missing parents and sorts by path, so that parents come first. Later entries win over earlier ones of the same path.
 *
 * Of several names of one file, the first in this order becomes the file and the others hard links to it,
 * because a tar file must contain a link's target before the link.
 */
export function withParents(entries: Iterable<TreeEntry>): TreeEntry[] {
  const byPath = new Map<string, TreeEntry>()
  for (const entry of entries) byPath.set(entry.path, entry)
  for (const path of [...byPath.keys()]) {
    for (let parent = parentOf(path); !byPath.has(parent); parent = parentOf(parent)) {
      byPath.set(parent, {path: parent, type: 'directory', mode: 0o755, uid: 0, gid: 0})
    }
  }
  if (!byPath.has('/')) byPath.set('/', {path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0})
  const sorted = [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path))
  return sorted.some((entry) => entry.type === 'hardlink') ? relink(sorted, byPath) : sorted
}

function relink(sorted: readonly TreeEntry[], byPath: ReadonlyMap<string, TreeEntry>): TreeEntry[] {
  const firstName = new Map<string, string>()
  return sorted.map((entry) => {
    const original = entry.type === 'hardlink' ? byPath.get(entry.target ?? '') : entry
    if (original?.type !== 'file') return entry
    const first = firstName.get(original.path)
    if (first === undefined) {
      firstName.set(original.path, entry.path)
      return entry === original ? entry : {...original, path: entry.path}
    }
    const {content: _, ...link} = original
    return {...link, path: entry.path, type: 'hardlink', target: first}
  })
}

/** The bytes of an entry's content. */
export async function readContent(content: TreeContent): Promise<Uint8Array> {
  if ('bytes' in content) return content.bytes
  using file = openFile(content.hostPath, 'r')
  const buffer = new Uint8Array(content.sizeBytes)
  for (let done = 0; done < buffer.length; ) {
    const read = readSync(file.fd, buffer, done, buffer.length - done, content.offset + done)
    if (read === 0) throw brokenTree(content.hostPath, content.offset + done)
    done += read
  }
  return buffer
}

/** Size of an entry's content in bytes. */
export const contentSize = (content: TreeContent | undefined): number =>
  content === undefined ? 0 : 'bytes' in content ? content.bytes.length : content.sizeBytes

/** Byte order with `/` before everything, so that a directory's content follows it directly. */
function comparePaths(a: string, b: string): number {
  const [x, y] = [a.replaceAll('/', '\u0001'), b.replaceAll('/', '\u0001')]
  return x < y ? -1 : x > y ? 1 : 0
}

function toEntry(
  header: TarHeader,
  pax: ReadonlyMap<string, Uint8Array>,
  longName: string | undefined,
  longLink: string | undefined,
  where: {hostPath: string; offset: number; sizeBytes: number},
): TreeEntry {
  const name = paxText(pax, 'path') ?? longName ?? header.name
  const link = paxText(pax, 'linkpath') ?? longLink ?? header.linkName
  const xattrs = Object.fromEntries(
    [...pax].filter(([key]) => key.startsWith(XATTR)).map(([key, value]) => [key.slice(XATTR.length), value]),
  )
  const {type} = header
  return {
    path: imagePath(name),
    type,
    mode: header.mode,
    uid: Number(paxText(pax, 'uid') ?? header.uid),
    gid: Number(paxText(pax, 'gid') ?? header.gid),
    ...(type === 'symlink' && {target: link}),
    ...(type === 'hardlink' && {target: imagePath(link)}),
    ...((type === 'block-device' || type === 'character-device') && {major: header.major, minor: header.minor}),
    ...(Object.keys(xattrs).length > 0 && {xattrs}),
    ...(type === 'file' && {content: where}),
  }
}

const XATTR = 'SCHILY.xattr.'

function toHeader(entry: TreeEntry, epoch: number): {header: TarHeader; pax: Map<string, Uint8Array>} {
  const name = `${entry.path === '/' ? '.' : entry.path.slice(1)}${entry.type === 'directory' ? '/' : ''}`
  const linkName = entry.type === 'hardlink' ? (entry.target ?? '').slice(1) : (entry.target ?? '')
  const pax = new Map<string, Uint8Array>()
  const encode = (text: string) => new TextEncoder().encode(text)
  // ustar fields hold only values that fit; the prefix field stays empty, because readers interpret it differently.
  if (encode(name).length > 100) pax.set('path', encode(name))
  if (encode(linkName).length > 100) pax.set('linkpath', encode(linkName))
  if (entry.uid > 0o7777777) pax.set('uid', encode(String(entry.uid)))
  if (entry.gid > 0o7777777) pax.set('gid', encode(String(entry.gid)))
  for (const [key, value] of Object.entries(entry.xattrs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    pax.set(`${XATTR}${key}`, value)
  const sizeBytes = contentSize(entry.content)
  if (sizeBytes > 0o77777777777) pax.set('size', encode(String(sizeBytes)))
  return {
    header: {
      name,
      linkName,
      type: entry.type,
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      sizeBytes: entry.type === 'file' ? sizeBytes : 0,
      mtime: epoch,
      major: entry.major ?? 0,
      minor: entry.minor ?? 0,
    },
    pax,
  }
}

const imagePath = (name: string): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  return `/${parts.join('/')}`
}

const paxText = (pax: ReadonlyMap<string, Uint8Array>, key: string): string | undefined => {
  const value = pax.get(key)
  return value && new TextDecoder().decode(value)
}

const cString = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, '')

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK)
  whole.set(bytes)
  return whole
}

const brokenTree = (hostPath: string, offset: number): HaosError =>
  new HaosError('STORE_UNUSABLE', `the file tree ${hostPath} is damaged at byte ${offset}`, {
    at: hostPath,
    hint: 'Remove it with `haos-build cache clear` and build again; if the error persists, check the disk.',
  })

/** Reads parts of a file through one buffer: headers are close together if files are small. */
function windowedReader(fd: number): (position: number, length: number) => Uint8Array {
  const window = new Uint8Array(1 << 15)
  let start = 0
  let filled = 0
  return (position, length) => {
    if (length > window.length) {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, position))
    }
    if (position < start || position + length > start + filled) {
      filled = readSync(fd, window, 0, window.length, position)
      start = position
    }
    return window.slice(position - start, Math.min(position - start + length, filled))
  }
}
