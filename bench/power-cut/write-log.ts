import {closeSync, fstatSync, openSync, readSync} from 'node:fs'

/** One request that a disk has completed. */
export interface LogEntry {
  /** Where the bytes lie on the disk. */
  readonly offsetBytes: number
  readonly sizeBytes: number
  /** Where they lie in the log. Undefined: a discard or a bare flush, which have none. */
  readonly dataAt: number | undefined
  /** Everything completed before it is durable. */
  readonly isFlush: boolean
  /** It is durable itself (forced unit access). */
  readonly isFua: boolean
  /** Where the log continues behind it, in bytes. */
  readonly endsAt: number
}

// Linux Documentation/admin-guide/device-mapper/log-writes.rst and drivers/md/dm-log-writes.c
const magic = 0x6a736677736872n
const flags = {flush: 1n, fua: 2n, discard: 4n}
const entryBytes = 32

/**
 * Reads the log of a disk's writes, in dm-log-writes' format, as QEMU's driver `blklogwrites` writes it. Throws an Error for anything else.
 *
 * The number of entries in the superblock is as old as the last flush; entries end where the log does, or at one that was not completed.
 */
export function readWriteLog(file: string): readonly LogEntry[] {
  const fd = openSync(file, 'r')
  try {
    const logBytes = fstatSync(fd).size
    const super_ = readAt(fd, 0, entryBytes)
    if (super_.readBigUInt64LE(0) !== magic || super_.readBigUInt64LE(8) !== 1n)
      throw new Error(`${file} is no log of writes`)
    const sectorBytes = super_.readUInt32LE(24)
    const entries: LogEntry[] = []
    for (let at = sectorBytes; at + entryBytes <= logBytes; ) {
      const entry = readEntry(readAt(fd, at, entryBytes), at, sectorBytes)
      if (entry === undefined || entry.endsAt > logBytes) break
      entries.push(entry)
      at = entry.endsAt
    }
    return entries
  } finally {
    closeSync(fd)
  }
}

function readEntry(header: Buffer, at: number, sectorBytes: number): LogEntry | undefined {
  const sector = Number(header.readBigUInt64LE(0))
  const sectors = Number(header.readBigUInt64LE(8))
  const flagBits = header.readBigUInt64LE(16)
  if (sectors === 0 && flagBits === 0n) return undefined
  const hasData = sectors > 0 && (flagBits & flags.discard) === 0n
  return {
    offsetBytes: sector * sectorBytes,
    sizeBytes: sectors * sectorBytes,
    dataAt: hasData ? at + sectorBytes : undefined,
    isFlush: (flagBits & flags.flush) !== 0n,
    isFua: (flagBits & flags.fua) !== 0n,
    endsAt: at + sectorBytes * (hasData ? 1 + sectors : 1),
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(fd, bytes, 0, length, at)
  return bytes
}
