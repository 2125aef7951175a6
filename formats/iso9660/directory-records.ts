import {HaosError} from '#dsl'
import {SECTOR} from '#layout'

/** A range of bytes in an ISO. */
export interface Extent {
  /** First sector. */
  readonly lba: number
  readonly sizeBytes: number
}

/** The content of one directory record (ECMA-119, 9.1). */
export interface DirectoryRecord extends Extent {
  readonly isDirectory: boolean
  /** Offset of the record in the ISO, in bytes. */
  readonly recordAt: number
  readonly record: Buffer
  readonly nameBytes: Buffer
}

/** The ISO of a directory: its path for messages, and its number of sectors. */
export interface IsoBounds {
  readonly path: string
  readonly sectors: number
}

/** More bytes than a directory of a million files has. */
const MAX_DIRECTORY_BYTES = 1 << 27

/** Bytes of a record before its name. */
const HEAD = 33

const DIRECTORY = 2

/**
 * Reads the records of a directory, except those of itself and of its parent.
 *
 * A record contains every number in both byte orders, which reveals damage. Fails with ARTIFACT_INVALID.
 */
export function readDirectoryRecords(
  directory: Extent,
  bounds: IsoBounds,
  read: (extent: Extent) => Buffer,
): DirectoryRecord[] {
  const start = directory.lba * SECTOR
  if (directory.sizeBytes === 0 || directory.sizeBytes > MAX_DIRECTORY_BYTES || !isWithin(directory, bounds))
    throw damagedAt(start, bounds)
  const bytes = read(directory)
  const records: DirectoryRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0
    // A record does not cross a sector: the rest of one may be empty.
    if (length === 0) {
      if (at === 0) throw damagedAt(start, bounds)
      at = (Math.floor(at / SECTOR) + 1) * SECTOR
      continue
    }
    const recordAt = start + at
    const record = bytes.subarray(at, at + length)
    const nameLength = record[HEAD - 1] ?? 0
    const isWhole = record.length === length && nameLength > 0 && HEAD + nameLength <= length
    if (!isWhole || (at % SECTOR) + length > SECTOR) throw damagedAt(recordAt, bounds)
    const extent = extentOf(record)
    if (extent === undefined || !isWithin(extent, bounds)) throw damagedAt(recordAt, bounds)
    if (at === 0 && extent.lba !== directory.lba) throw damagedAt(recordAt, bounds)
    const nameBytes = record.subarray(HEAD, HEAD + nameLength)
    // The first two are the directory itself and its parent, named by the bytes 0 and 1.
    if (nameBytes.length > 1 || (nameBytes[0] ?? 0) > 1)
      records.push({...extent, isDirectory: ((record[25] ?? 0) & DIRECTORY) !== 0, recordAt, record, nameBytes})
    at += length
  }
  return records
}

/** Location and size; undefined if their two byte orders differ (ECMA-119, 7.3.3). */
function extentOf(record: Buffer): Extent | undefined {
  const [lba, sizeBytes] = [record.readUInt32LE(2), record.readUInt32LE(10)]
  return lba === record.readUInt32BE(6) && sizeBytes === record.readUInt32BE(14) ? {lba, sizeBytes} : undefined
}

/** An empty file may have any location. */
export const isWithin = ({lba, sizeBytes}: Extent, {sectors}: IsoBounds): boolean =>
  sizeBytes === 0 || lba + Math.ceil(sizeBytes / SECTOR) <= sectors

/** The error for invalid data at an offset, in bytes. */
export const damagedAt = (position: number, {path}: IsoBounds): HaosError =>
  new HaosError('ARTIFACT_INVALID', `${path} is damaged at byte ${position}`, {
    hint: 'Compare it with SHA256SUMS, and copy it again from the build machine.',
    at: path,
  })
