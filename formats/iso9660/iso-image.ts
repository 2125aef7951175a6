import {fstatSync, readSync} from 'node:fs'
import {HaosError} from '#dsl'
import {SECTOR} from '#layout'

/** Where bytes lie on a disc. */
export interface Extent {
  /** First sector. */
  readonly lba: number
  readonly sizeBytes: number
}

/** A file or directory of a disc, with the place of the record that says where its bytes are. */
export interface DiscEntry extends Extent {
  readonly name: string
  readonly isDirectory: boolean
  /** Offset in bytes of its directory record. Location and size stand 2 bytes behind it (ECMA-119, 9.1). */
  readonly recordAt: number
}

/** One of the directory trees that a disc offers of the same files. */
type Tree = 'rock-ridge' | 'joliet'

/**
 * Reads where files lie on an ISO 9660 disc: a few sectors, whatever the size of the disc.
 *
 * Linux and GRUB follow the names of Rock Ridge (IEEE P1282), Windows those of Joliet.
 */
export class Disc {
  readonly volume: string
  readonly #fd: number
  readonly #roots: ReadonlyMap<Tree, Extent>

  private constructor(fd: number, volume: string, roots: ReadonlyMap<Tree, Extent>) {
    this.#fd = fd
    this.volume = volume
    this.#roots = roots
  }

  /** Reads the volume descriptors (ECMA-119, 8). Fails with ARTIFACT_INVALID where there are none. */
  static open(fd: number, path: string): Disc {
    const roots = new Map<Tree, Extent>()
    let volume: string | undefined
    for (let sector = 16; sector < 32; sector++) {
      const descriptor = readAt(fd, sector * SECTOR, SECTOR)
      if (descriptor.length < SECTOR || descriptor.toString('latin1', 1, 6) !== 'CD001') break
      const root = {lba: descriptor.readUInt32LE(156 + 2), sizeBytes: descriptor.readUInt32LE(156 + 10)}
      if (descriptor[0] === PRIMARY) {
        roots.set('rock-ridge', root)
        volume = descriptor.toString('latin1', 40, 72).trimEnd()
        // Volume Space Size (ECMA-119, 8.4.8).
        const {size} = fstatSync(fd)
        if (size < descriptor.readUInt32LE(80) * SECTOR) {
          throw new HaosError('ARTIFACT_INVALID', `${path} has ${size} bytes, and its end is missing`, {
            hint: 'Compare it with SHA256SUMS, and take it from where it was built again.',
            at: path,
          })
        }
      }
      if (descriptor[0] === SUPPLEMENTARY && /^%\/[@CE]/.test(descriptor.toString('latin1', 88, 91)))
        roots.set('joliet', root)
      if (descriptor[0] === TERMINATOR) break
    }
    if (volume === undefined) {
      throw new HaosError('ARTIFACT_INVALID', `${path} is not an ISO image`, {
        hint: 'Name an ISO that haos-build, or one of the systems before it, has made.',
        at: path,
      })
    }
    return new Disc(fd, volume, roots)
  }

  /** Finds a path such as `/boot/grub/grub.cfg`. Symbolic links are not followed. */
  find(path: string, tree: Tree = 'rock-ridge'): DiscEntry | undefined {
    const root = this.#roots.get(tree)
    if (root === undefined) return undefined
    let found: DiscEntry = {...root, name: '/', isDirectory: true, recordAt: -1}
    for (const name of path.split('/').filter(Boolean)) {
      const next = found.isDirectory ? this.#list(found, tree).find((entry) => entry.name === name) : undefined
      if (next === undefined) return undefined
      found = next
    }
    return found
  }

  /** Names in a directory. */
  list(path: string): readonly DiscEntry[] {
    const directory = this.find(path)
    return directory?.isDirectory ? this.#list(directory, 'rock-ridge') : []
  }

  read({lba, sizeBytes}: Extent): Uint8Array {
    return readAt(this.#fd, lba * SECTOR, sizeBytes)
  }

  readText({lba, sizeBytes}: Extent): string {
    return readAt(this.#fd, lba * SECTOR, sizeBytes).toString()
  }

  #list(directory: Extent, tree: Tree): DiscEntry[] {
    const bytes = readAt(this.#fd, directory.lba * SECTOR, directory.sizeBytes)
    const entries: DiscEntry[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = bytes[at] ?? 0
      // A record does not cross a sector: the rest of one may be empty.
      if (length === 0) {
        at = (Math.floor(at / SECTOR) + 1) * SECTOR
        continue
      }
      const record = bytes.subarray(at, at + length)
      const nameBytes = record.subarray(33, 33 + (record[32] ?? 0))
      // The first two are the directory itself and its parent, named by the bytes 0 and 1.
      if (nameBytes.length > 1 || (nameBytes[0] ?? 0) > 1) {
        entries.push({
          name: tree === 'joliet' ? jolietName(nameBytes) : (this.#rockRidgeName(record) ?? isoName(nameBytes)),
          isDirectory: ((record[25] ?? 0) & DIRECTORY) !== 0,
          lba: record.readUInt32LE(2),
          sizeBytes: record.readUInt32LE(10),
          recordAt: directory.lba * SECTOR + at,
        })
      }
      at += length
    }
    return entries
  }

  /** Gathers the `NM` entries of a record (IEEE P1282, 4.1.4), which may go on elsewhere (`CE`, IEEE P1281, 5.1). */
  #rockRidgeName(record: Buffer): string | undefined {
    const nameLength = record[32] ?? 0
    let area = record.subarray(33 + nameLength + ((nameLength + 1) % 2))
    let name: string | undefined
    // A chain longer than any name is a broken or hostile disc.
    for (let areas = 0; areas < 8; areas++) {
      let next: Buffer | undefined
      for (let at = 0; at + 4 <= area.length; ) {
        const length = area[at + 2] ?? 0
        if (length < 4) break
        const kind = area.toString('latin1', at, at + 2)
        if (kind === 'NM') name = (name ?? '') + area.toString('utf8', at + 5, at + length)
        if (kind === 'CE' && length >= 28) {
          const [lba, offset, size] = [4, 12, 20].map((place) => area.readUInt32LE(at + place))
          next = readAt(this.#fd, (lba ?? 0) * SECTOR + (offset ?? 0), Math.min(size ?? 0, SECTOR))
        }
        at += length
      }
      if (next === undefined) return name
      area = next
    }
    return name
  }
}

const PRIMARY = 1
const SUPPLEMENTARY = 2
const TERMINATOR = 255
const DIRECTORY = 2

/** UCS-2, high byte first. */
const jolietName = (bytes: Buffer): string => Buffer.from(bytes).swap16().toString('utf16le').replace(/;1$/, '')

const isoName = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/\.?;1$/, '')
    .toLowerCase()

/** As many bytes as there are, up to the length asked for. */
function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return bytes.subarray(0, done)
}
