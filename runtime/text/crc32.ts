let table: Uint32Array | undefined

/** The checksum of gzip (RFC 1952, section 8). */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({length: 256}, (_, index) => {
    let value = index
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  let sum = -1
  for (let at = 0; at < bytes.length; at++) sum = (table[(sum ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8)
  return ~sum >>> 0
}
