import {crc32} from './crc32.ts'
import {inflate} from './inflate.ts'

/** More than a node writes from its configuration, and too little for a decompression bomb to fill the memory. */
const maxBytes = 64 * 1024 * 1024

/**
 * Decompresses gzip (RFC 1952) of one or more members. QuickJS has no DecompressionStream, and the command line must
 * refuse what the node refuses.
 *
 * Throws an Error if a checksum is wrong, if the data is truncated, or if it is followed by anything except zeros.
 */
export function gunzip(data: Uint8Array): Uint8Array {
  const members: Uint8Array[] = []
  let total = 0
  let at = 0
  do {
    const {output, end} = inflate(data, endOfHeader(data, at), maxBytes - total)
    if (uint32(data, end) !== crc32(output) || uint32(data, end + 4) !== output.length >>> 0)
      throw new Error('is damaged: its checksum does not match')
    members.push(output)
    total += output.length
    at = end + 8
    // Some programs pad a file with zeros.
    if (data.subarray(at).every((byte) => byte === 0)) at = data.length
  } while (at < data.length)
  const [first = new Uint8Array(), ...more] = members
  if (more.length === 0) return first
  const whole = new Uint8Array(total)
  let written = 0
  for (const member of members) {
    whole.set(member, written)
    written += member.length
  }
  return whole
}

/** Offset of the compressed data of a member whose header is at `start` (RFC 1952, section 2.3). */
function endOfHeader(data: Uint8Array, start: number): number {
  if (data[start] !== 0x1f || data[start + 1] !== 0x8b || data[start + 2] !== 8)
    throw new Error(start === 0 ? 'is not gzip' : 'is followed by data that is not gzip')
  const flags = data[start + 3] ?? 0
  let at = start + 10
  if (flags & 4) at += 2 + (data[at] ?? 0) + ((data[at + 1] ?? 0) << 8)
  for (const named of [8, 16]) if (flags & named) at = data.indexOf(0, at) + 1 || data.length
  return flags & 2 ? at + 2 : at
}

function uint32(data: Uint8Array, at: number): number {
  if (at + 4 > data.length) throw new Error('is damaged: its end is missing')
  return (
    ((data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24)) >>> 0
  )
}
