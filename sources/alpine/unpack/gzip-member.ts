import {crc32, inflateRawSync} from 'node:zlib'
import {HaosError} from '#dsl'

/** One gzip member of a file: the range of its bytes, and its content. */
export interface GzipMember {
  readonly start: number
  readonly end: number
  readonly content: Buffer
}

export interface ReadGzipOptions {
  /** Name of the file in messages. */
  readonly origin: string
  /** Maximum size of the content: a few kilobytes of gzip can hold gigabytes. */
  readonly maxBytes: number
}

/**
 * Unpacks the gzip member (RFC 1952) that starts at an offset of a file.
 *
 * Alpine's files are several members one after another, and a signature covers
 * the packed bytes of one of them, so the end of each member matters.
 */
export function readGzipMember(file: Buffer, start: number, {origin, maxBytes}: ReadGzipOptions): GzipMember {
  const data = skipHeader(file, start)
  if (data === undefined) throw damagedArchive(origin, `no gzip data at byte ${start}`)
  const {content, packedBytes} = inflate(file.subarray(data), {origin, maxBytes})
  const end = data + packedBytes + 8
  if (end > file.length) throw damagedArchive(origin, 'it ends too early')
  if (file.readUInt32LE(end - 8) !== crc32(content)) throw damagedArchive(origin, `wrong checksum at byte ${end - 8}`)
  if (file.readUInt32LE(end - 4) !== content.length >>> 0) throw damagedArchive(origin, `wrong size at byte ${end - 4}`)
  return {start, end, content}
}

/** The error for an archive that is truncated, damaged, or no archive. */
export const damagedArchive = (origin: string, problem: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${origin} is damaged: ${problem}`, {
    at: origin,
    hint: 'Fetch it again; if the error persists, the repository holds a damaged file.',
  })

const flags = {crc: 2, extra: 4, name: 8, comment: 16}

/** Offset of the first byte after the header; undefined if there is no gzip header. */
export function skipHeader(file: Uint8Array, start: number): number | undefined {
  if (file[start] !== 0x1f || file[start + 1] !== 0x8b || file[start + 2] !== 8) return undefined
  const given = file[start + 3] ?? 0
  let at = start + 10
  if ((given & flags.extra) !== 0) at += 2 + (file[at] ?? 0) + 256 * (file[at + 1] ?? 0)
  for (const text of [flags.name, flags.comment]) {
    if ((given & text) === 0) continue
    const end = file.indexOf(0, at)
    if (end < 0) return undefined
    at = end + 1
  }
  if ((given & flags.crc) !== 0) at += 2
  return at < file.length ? at : undefined
}

function inflate(packed: Buffer, {origin, maxBytes}: ReadGzipOptions): {content: Buffer; packedBytes: number} {
  try {
    // With `info` the result includes the engine, which knows how many bytes it has read.
    // With the default chunks of 16 KiB, an index of 8 MB takes half as long again.
    const chunkSize = Math.min(Math.max(4 * packed.length, 1 << 14), 1 << 23)
    const result: unknown = inflateRawSync(packed, {info: true, maxOutputLength: maxBytes, chunkSize})
    if (typeof result !== 'object' || result === null || !('buffer' in result) || !('engine' in result))
      throw new Error('zlib gave no information')
    const {buffer, engine} = result
    if (!Buffer.isBuffer(buffer) || typeof engine !== 'object' || engine === null || !('bytesWritten' in engine))
      throw new Error('zlib gave no information')
    return {content: buffer, packedBytes: Number(engine.bytesWritten)}
  } catch (error) {
    if (error instanceof RangeError) throw damagedArchive(origin, `one part unpacks to more than ${maxBytes} bytes`)
    const reason = error instanceof Error ? error.message : String(error)
    throw damagedArchive(origin, reason)
  }
}
