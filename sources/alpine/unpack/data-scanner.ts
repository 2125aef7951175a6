import {createHash, type Hash} from 'node:crypto'
import {parseHeader, parsePax, type TarHeader, type TreeEntry} from '#formats'
import {damagedArchive} from './gzip-member.ts'

/** One path of a package's data. Owners are still names; they become ids when the package is installed. */
export interface PackagedEntry {
  readonly entry: TreeEntry
  readonly owner: string
  readonly group: string
  /** SHA-1 of a file's content or a symlink's target; a hard link has that of its file. */
  readonly sha1: Buffer | undefined
}

const BLOCK = 512
/** Alpine's packages have at most some ten thousand paths. */
const MAX_ENTRIES = 500_000
/** Extended attributes are the largest records in a pax header; Linux allows 64 KiB for each. */
const MAX_PAX_BYTES = 1 << 20

/**
 * Reads the paths of a package from a stream of its data, and checks what apk checks.
 *
 * It keeps no contents: an entry refers to an offset in the file that the caller writes the same bytes to.
 */
export class DataScanner {
  readonly entries: PackagedEntry[] = []
  readonly #origin: string
  readonly #hostPath: string
  readonly #byPath = new Map<string, PackagedEntry>()
  #position = 0
  #rest: Buffer = Buffer.alloc(0)
  #pax: ReadonlyMap<string, Uint8Array> = new Map()
  #body: Body | undefined
  #ended = false

  constructor({origin, hostPath}: {readonly origin: string; readonly hostPath: string}) {
    this.#origin = origin
    this.#hostPath = hostPath
  }

  /** Reads the next bytes. Throws `PACKAGE_INVALID` for what a package must not contain. */
  push(piece: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece
    while (bytes.length > 0 && !this.#ended) {
      if (this.#body === undefined) {
        if (bytes.length < BLOCK) break
        this.#header(bytes.subarray(0, BLOCK))
        bytes = this.#advance(bytes, BLOCK)
        continue
      }
      const body = this.#body
      const taken = Math.min(body.left, bytes.length)
      body.take(bytes.subarray(0, taken))
      body.left -= taken
      bytes = this.#advance(bytes, taken)
      if (body.left > 0) break
      const padding = (BLOCK - (body.size % BLOCK)) % BLOCK
      if (bytes.length < padding) break
      bytes = this.#advance(bytes, padding)
      this.#body = undefined
      body.end()
    }
    this.#rest = this.#ended ? Buffer.alloc(0) : bytes
  }

  /** Marks the end of the data. Throws if a file is truncated. */
  finish(): void {
    if (this.#body !== undefined || this.#rest.length > 0) throw damagedArchive(this.#origin, 'its data ends too early')
  }

  #advance(bytes: Buffer, count: number): Buffer {
    this.#position += count
    return bytes.subarray(count)
  }

  #header(block: Buffer): void {
    if (block[0] === 0) {
      this.#ended = true
      return
    }
    const header = parseHeader(block)
    if (header === undefined) throw damagedArchive(this.#origin, `no tar header at byte ${this.#position} of its data`)
    const size = Number(this.#text('size') ?? header.sizeBytes)
    if (!Number.isSafeInteger(size) || size < 0) throw damagedArchive(this.#origin, 'the size of a file is invalid')
    if (header.type === 'pax') {
      this.#paxHeader(size)
      return
    }
    if (header.type === 'long-name' || header.type === 'long-link')
      throw damagedArchive(this.#origin, "it has long names in GNU tar's format, which apk does not read")
    const cString = (start: number) => block.toString('utf8', start, start + 32).replace(/\0.*$/s, '')
    this.#entry(header, {size, owner: cString(265), group: cString(297)})
    this.#pax = new Map()
  }

  #paxHeader(size: number): void {
    if (size > MAX_PAX_BYTES) throw damagedArchive(this.#origin, `a header is ${size} bytes`)
    const pieces: Buffer[] = []
    this.#body = {
      size,
      left: size,
      take: (bytes) => pieces.push(Buffer.from(bytes)),
      end: () => {
        const records = parsePax(Buffer.concat(pieces))
        if (records === undefined) throw damagedArchive(this.#origin, 'a pax header cannot be read')
        if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.')))
          throw damagedArchive(this.#origin, 'it holds a sparse file, which apk does not read')
        this.#pax = records
      },
    }
  }

  #entry(header: TarHeader, {size, owner, group}: {size: number; owner: string; group: string}): void {
    const name = this.#text('path') ?? header.name
    const link = this.#text('linkpath') ?? header.linkName
    const sums = this.#text('APK-TOOLS.checksum.SHA1')
    // Names of control files, which apk never installs.
    const hidden = name.startsWith('.') && !name.startsWith('./') && !/^\.\.(?:\/|$)/.test(name)
    const path = hidden ? '' : this.#path(name)
    const {type} = header
    if (type === 'pax' || type === 'long-name' || type === 'long-link') return
    const xattrs = Object.fromEntries(
      [...this.#pax].flatMap(([key, value]) => (key.startsWith(XATTR) ? [[key.slice(XATTR.length), value]] : [])),
    )
    const common = {
      path,
      mode: type === 'symlink' ? 0o777 : header.mode,
      uid: header.uid,
      gid: header.gid,
      ...(Object.keys(xattrs).length > 0 && {xattrs}),
    }
    const add = (entry: TreeEntry, sha1: Buffer | undefined) => {
      if (sums !== undefined && sha1 !== undefined && sha1.toString('hex') !== sums)
        throw damagedArchive(this.#origin, `the SHA-1 of /${name} is ${sha1.toString('hex')} instead of ${sums}`)
      if (hidden) return
      if (this.entries.length >= MAX_ENTRIES) throw damagedArchive(this.#origin, `more than ${MAX_ENTRIES} paths`)
      const known = this.#byPath.get(path)
      if (known !== undefined && (known.entry.type !== 'directory' || entry.type !== 'directory'))
        throw damagedArchive(this.#origin, `${path} is in it twice`)
      const packaged = {entry, owner, group, sha1}
      this.#byPath.set(path, packaged)
      this.entries.push(packaged)
    }
    switch (type) {
      case 'file': {
        const content = {hostPath: this.#hostPath, offset: this.#position + BLOCK, sizeBytes: size}
        const hash: Hash = createHash('sha1')
        const end = () => add({...common, type, content}, hash.digest())
        if (size === 0) end()
        else this.#body = {size, left: size, take: (bytes) => hash.update(bytes), end}
        return
      }
      case 'symlink':
        if (!/^[^\0\n]{1,4095}$/.test(link))
          throw damagedArchive(this.#origin, `${path} is a symlink to an invalid path`)
        add({...common, type, target: link}, createHash('sha1').update(link).digest())
        return
      case 'hardlink': {
        const file = this.#byPath.get(this.#path(link))
        if (file?.entry.type !== 'file') {
          throw damagedArchive(
            this.#origin,
            `${path} is a hard link to ${link}, which is not an earlier file of the package`,
          )
        }
        add({...file.entry, path, type, target: file.entry.path, ...withoutContent}, file.sha1)
        return
      }
      case 'block-device':
      case 'character-device':
        add({...common, type, major: header.major, minor: header.minor}, undefined)
        return
      default:
        add({...common, type}, undefined)
    }
  }

  /** The image path of a name; refuses names that leave the root, or that would break the lines of apk's records. */
  #path(name: string): string {
    const parts = name.replace(/\/$/, '').split('/')
    const odd = parts.some((part) => part === '' || part === '.' || part === '..' || /[\u0000-\u001f\u007f]/.test(part))
    if (odd || name.length > 4095) {
      throw damagedArchive(this.#origin, `it holds the invalid path ${JSON.stringify(name.slice(0, 200))}`)
    }
    return `/${parts.join('/')}`
  }

  #text(key: string): string | undefined {
    const value = this.#pax.get(key)
    return value && Buffer.from(value).toString()
  }
}

const XATTR = 'SCHILY.xattr.'

const withoutContent: {readonly content?: never} = {}

/** The data after a header, as far as it has not been read. */
interface Body {
  readonly size: number
  left: number
  take(bytes: Buffer): void
  end(): void
}
