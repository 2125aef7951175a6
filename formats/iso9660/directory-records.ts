import {HaosError} from '#dsl'
import {SECTOR} from '#layout'

/** Where bytes lie on a disc. */
export interface Extent {
  /** First sector. */
  readonly lba: number
  readonly sizeBytes: number
}

/** What one record of a directory says (ECMA-119, 9.1). */
export interface DirectoryRecord extends Extent {
  readonly isDirectory: boolean
  /** Offset in bytes of the record on the disc. */
  readonly recordAt: number
  readonly record: Buffer
  readonly nameBytes: Buffer
}

/** The disc of a directory: what the user calls it, and the sectors that it has. */
export interface DirectoryPlace {
  readonly path: string
  readonly sectors: number
}

/** More than a directory of a million files has. */
const MOST_BYTES = 1 << 27

/** Bytes of a record before its name. */
const HEAD = 33

const DIRECTORY = 2

/**
 * Reads the records of a directory, but for those of itself and of its parent.
 *
 * Every number of a record stands there in both byte orders, so that damage shows. Fails with ARTIFACT_INVALID.
 */
export function readDirectoryRecords(
  directory: Extent,
  place: DirectoryPlace,
  read: (extent: Extent) => Buffer,
): DirectoryRecord[] {
  const start = directory.lba * SECTOR
  if (directory.sizeBytes === 0 || directory.sizeBytes > MOST_BYTES || !liesOn(directory, place))
    throw damagedAt(start, place)
  const bytes = read(directory)
  const records: DirectoryRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0
    // A record does not cross a sector: the rest of one may be empty.
    if (length === 0) {
      if (at === 0) throw damagedAt(start, place)
      at = (Math.floor(at / SECTOR) + 1) * SECTOR
      continue
    }
    const recordAt = start + at
    const record = bytes.subarray(at, at + length)
    const nameLength = record[HEAD - 1] ?? 0
    const isWhole = record.length === length && nameLength > 0 && HEAD + nameLength <= length
    if (!isWhole || (at % SECTOR) + length > SECTOR) throw damagedAt(recordAt, place)
    const extent = extentOf(record)
    if (extent === undefined || !liesOn(extent, place)) throw damagedAt(recordAt, place)
    if (at === 0 && extent.lba !== directory.lba) throw damagedAt(recordAt, place)
    const nameBytes = record.subarray(HEAD, HEAD + nameLength)
    // The first two are the directory itself and its parent, named by the bytes 0 and 1.
    if (nameBytes.length > 1 || (nameBytes[0] ?? 0) > 1)
      records.push({...extent, isDirectory: ((record[25] ?? 0) & DIRECTORY) !== 0, recordAt, record, nameBytes})
    at += length
  }
  return records
}

/** Location and size, or nothing where their two byte orders differ (ECMA-119, 7.3.3). */
function extentOf(record: Buffer): Extent | undefined {
  const [lba, sizeBytes] = [record.readUInt32LE(2), record.readUInt32LE(10)]
  return lba === record.readUInt32BE(6) && sizeBytes === record.readUInt32BE(14) ? {lba, sizeBytes} : undefined
}

/** An empty file may lie anywhere. */
export const liesOn = ({lba, sizeBytes}: Extent, {sectors}: DirectoryPlace): boolean =>
  sizeBytes === 0 || lba + Math.ceil(sizeBytes / SECTOR) <= sectors

/** The error for what cannot be at a place, in bytes. */
export const damagedAt = (position: number, {path}: DirectoryPlace): HaosError =>
  new HaosError('ARTIFACT_INVALID', `${path} is damaged at byte ${position}`, {
    hint: 'Compare it with SHA256SUMS, and take it from where it was built again.',
    at: path,
  })
