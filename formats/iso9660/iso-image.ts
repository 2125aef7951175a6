import {fstatSync, readSync} from 'node:fs'
import {HaosError} from '#dsl'
import {SECTOR} from '#layout'
import {bootCatalogState} from './boot-catalog.ts'
import {
  type DirectoryRecord,
  damagedAt,
  type Extent,
  type IsoBounds,
  isWithin,
  readDirectoryRecords,
} from './directory-records.ts'

/** A file or directory of an ISO, with the offset of its directory record. */
export interface IsoEntry extends Extent {
  readonly name: string
  readonly isDirectory: boolean
  /** Offset in bytes of its directory record. Location and size follow after 2 bytes (ECMA-119, 9.1). */
  readonly recordAt: number
}

/** One of an ISO's directory trees of the same files. */
type Tree = 'rock-ridge' | 'joliet'

/**
 * Locates files in an ISO 9660 image: it reads a few sectors, whatever the size of the image.
 *
 * Linux and GRUB follow the names of Rock Ridge (IEEE P1282), Windows those of Joliet.
 */
export class IsoImage {
  readonly volume: string
  /** Creation time of the volume, in seconds since 1970; 0 if it is not set. */
  readonly madeAt: number
  readonly #fd: number
  readonly #bounds: IsoBounds
  readonly #roots: ReadonlyMap<Tree, Extent>
  readonly #bootRecord: Buffer | undefined

  private constructor(fd: number, {path, volume, madeAt, sectors, roots, bootRecord}: Descriptors) {
    this.#fd = fd
    this.#bounds = {path, sectors}
    this.#roots = roots
    this.#bootRecord = bootRecord
    this.volume = volume
    this.madeAt = madeAt
  }

  /** Reads the volume descriptors (ECMA-119, 8). Fails with ARTIFACT_INVALID if there are none. */
  static open(fd: number, path: string): IsoImage {
    const roots = new Map<Tree, Extent>()
    let volume: string | undefined
    let madeAt = 0
    let bootRecord: Buffer | undefined
    const {size} = fstatSync(fd)
    for (let sector = 16; sector < 32; sector++) {
      const descriptor = readAt(fd, sector * SECTOR, SECTOR)
      if (descriptor.length < SECTOR || descriptor.toString('latin1', 1, 6) !== 'CD001') break
      const root = {lba: descriptor.readUInt32LE(156 + 2), sizeBytes: descriptor.readUInt32LE(156 + 10)}
      if (descriptor[0] === PRIMARY) {
        roots.set('rock-ridge', root)
        volume = descriptor.toString('latin1', 40, 72).trimEnd()
        madeAt = parseVolumeDate(descriptor.toString('latin1', 830, 844))
        // Volume Space Size (ECMA-119, 8.4.8).
        if (size < descriptor.readUInt32LE(80) * SECTOR) {
          throw new HaosError('ARTIFACT_INVALID', `${path} is ${size} bytes, and its end is missing`, {
            hint: 'Compare it with SHA256SUMS, and copy it again from the build machine.',
            at: path,
          })
        }
      }
      if (descriptor[0] === SUPPLEMENTARY && /^%\/[@CE]/.test(descriptor.toString('latin1', 88, 91)))
        roots.set('joliet', root)
      if (descriptor[0] === BOOT_RECORD) bootRecord ??= descriptor
      if (descriptor[0] === TERMINATOR) break
    }
    if (volume === undefined) {
      throw new HaosError('ARTIFACT_INVALID', `${path} is not an ISO image`, {
        hint: 'Name an ISO made by haos-build or one of its predecessors.',
        at: path,
      })
    }
    return new IsoImage(fd, {path, volume, madeAt, sectors: Math.ceil(size / SECTOR), roots, bootRecord})
  }

  /** Finds a path such as `/boot/grub/grub.cfg`. Symbolic links are not followed. */
  find(path: string, tree: Tree = 'rock-ridge'): IsoEntry | undefined {
    const root = this.#roots.get(tree)
    if (root === undefined) return undefined
    let found: IsoEntry = {...root, name: '/', isDirectory: true, recordAt: -1}
    for (const name of path.split('/').filter(Boolean)) {
      const next = found.isDirectory ? this.#list(found, tree).find((entry) => entry.name === name) : undefined
      if (next === undefined) return undefined
      found = next
    }
    return found
  }

  /** Names in a directory. */
  list(path: string): readonly IsoEntry[] {
    const directory = this.find(path)
    return directory?.isDirectory ? this.#list(directory, 'rock-ridge') : []
  }

  /** Fails with ARTIFACT_INVALID if the ISO is shorter. */
  read(extent: Extent): Uint8Array {
    return this.#bytesOf(extent)
  }

  readText(extent: Extent): string {
    return this.#bytesOf(extent).toString()
  }

  #bytesOf(extent: Extent): Buffer {
    if (!isWithin(extent, this.#bounds)) throw damagedAt(extent.lba * SECTOR, this.#bounds)
    return readAt(this.#fd, extent.lba * SECTOR, extent.sizeBytes)
  }

  /** Makes sure that firmware can boot the ISO, if it is bootable at all. Fails with ARTIFACT_INVALID. */
  checkBoot(): void {
    const state = bootCatalogState(this.#bootRecord, (lba) => readAt(this.#fd, lba * SECTOR, SECTOR))
    if (state === 'whole') return
    const hasLoader = readAt(this.#fd, 0, SECTOR).some((byte) => byte !== 0)
    if (state === 'absent' && !hasLoader) return
    throw new HaosError(
      'ARTIFACT_INVALID',
      `${this.#bounds.path} has ${state === 'absent' ? 'no' : 'a damaged'} list of boot images (El Torito)`,
      {
        hint: 'No firmware would boot an ISO made from it: copy the ISO again from the build machine.',
        at: this.#bounds.path,
      },
    )
  }

  #list(directory: Extent, tree: Tree): IsoEntry[] {
    return readDirectoryRecords(directory, this.#bounds, (extent) => this.#bytesOf(extent)).map(
      ({record, nameBytes, ...entry}) => ({...entry, name: this.#nameOf({record, nameBytes}, tree)}),
    )
  }

  #nameOf({record, nameBytes}: Pick<DirectoryRecord, 'record' | 'nameBytes'>, tree: Tree): string {
    return tree === 'joliet' ? jolietName(nameBytes) : (this.#rockRidgeName(record) ?? isoName(nameBytes))
  }

  /** Gathers the `NM` entries of a record (IEEE P1282, 4.1.4), which may continue elsewhere (`CE`, IEEE P1281, 5.1). */
  #rockRidgeName(record: Buffer): string | undefined {
    const nameLength = record[32] ?? 0
    let area = record.subarray(33 + nameLength + ((nameLength + 1) % 2))
    let name: string | undefined
    // A chain longer than any name means a broken or hostile ISO.
    for (let areas = 0; areas < 8; areas++) {
      let next: Buffer | undefined
      for (let at = 0; at + 4 <= area.length; ) {
        const length = area[at + 2] ?? 0
        if (length < 4) break
        const kind = area.toString('latin1', at, at + 2)
        if (kind === 'NM') name = (name ?? '') + area.toString('utf8', at + 5, at + length)
        if (kind === 'CE' && length >= 28) {
          const [lba, offset, size] = [4, 12, 20].map((field) => area.readUInt32LE(at + field))
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

const BOOT_RECORD = 0
const PRIMARY = 1
const SUPPLEMENTARY = 2
const TERMINATOR = 255

/** The content of the volume descriptors. */
interface Descriptors {
  readonly path: string
  readonly volume: string
  readonly madeAt: number
  /** Number of sectors of the file. */
  readonly sectors: number
  readonly roots: ReadonlyMap<Tree, Extent>
  readonly bootRecord: Buffer | undefined
}

/** `YYYYMMDDhhmmss` (ECMA-119, 8.4.26.1). */
function parseVolumeDate(text: string): number {
  const milliseconds = Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'))
  return milliseconds > 0 ? milliseconds / 1000 : 0
}

/** UCS-2, high byte first. */
const jolietName = (bytes: Buffer): string =>
  Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le')
    .replace(/;1$/, '')

const isoName = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/\.?;1$/, '')
    .toLowerCase()

/** As many bytes as exist, up to the requested length. */
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
