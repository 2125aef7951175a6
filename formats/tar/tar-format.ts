/** The fields of a tar header that we use (POSIX.1-2001 ustar and pax; GNU `L` and `K` are read, never written). */
export interface TarHeader {
  readonly name: string
  readonly linkName: string
  readonly type:
    | 'file'
    | 'directory'
    | 'symlink'
    | 'hardlink'
    | 'block-device'
    | 'character-device'
    | 'fifo'
    | 'pax'
    | 'long-name'
    | 'long-link'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtime: number
  readonly major: number
  readonly minor: number
}

const typeFlags: Readonly<Record<TarHeader['type'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
  pax: 'x',
  'long-name': 'L',
  'long-link': 'K',
}

const types = new Map(Object.entries(typeFlags).map(([type, flag]) => [flag, type as TarHeader['type']]))

const utf8 = new TextDecoder()
const toUtf8 = new TextEncoder()

/** Encodes one 512-byte header block. */
export function encodeHeader(header: TarHeader): Uint8Array {
  const block = new Uint8Array(512)
  const put = (offset: number, length: number, text: string) =>
    block.set(toUtf8.encode(text).subarray(0, length), offset)
  const octal = (offset: number, length: number, value: number) =>
    put(offset, length, (value >= 8 ** (length - 1) ? 0 : value).toString(8).padStart(length - 1, '0'))
  put(0, 100, header.name)
  octal(100, 8, header.mode)
  octal(108, 8, header.uid)
  octal(116, 8, header.gid)
  octal(124, 12, header.sizeBytes)
  octal(136, 12, header.mtime)
  put(156, 1, typeFlags[header.type])
  put(157, 100, header.linkName)
  put(257, 8, 'ustar\u000000')
  octal(329, 8, header.major)
  octal(337, 8, header.minor)
  put(148, 8, `${checksum(block).toString(8).padStart(6, '0')}\u0000 `)
  return block
}

/** What every header states, whatever its type. */
export interface AnyHeader {
  readonly name: string
  /** `0` for a regular file, including the older spellings NUL and `7`. */
  readonly typeFlag: string
  /** Size of the data that follows, as stated: NaN if the field holds no number. */
  readonly sizeBytes: number
}

/** Decodes what a header block of any type states, or returns undefined if its checksum does not match. */
export function parseAnyHeader(block: Uint8Array): AnyHeader | undefined {
  if (checksum(block) !== Number.parseInt(textAt(block, 148, 8).trim(), 8)) return undefined
  const flag = textAt(block, 156, 1)
  const prefix = textAt(block, 257, 6) === 'ustar' ? textAt(block, 345, 155) : ''
  return {
    name: prefix === '' ? textAt(block, 0, 100) : `${prefix}/${textAt(block, 0, 100)}`,
    typeFlag: flag === '' || flag === '7' ? '0' : flag,
    sizeBytes: parseNumber(block, 124, 12),
  }
}

/** Decodes one header block, or returns undefined if its checksum does not match or its type is not supported. */
export function parseHeader(block: Uint8Array): TarHeader | undefined {
  const header = parseAnyHeader(block)
  const type = types.get(header?.typeFlag ?? '')
  if (header === undefined || type === undefined) return undefined
  return {
    name: header.name,
    linkName: textAt(block, 157, 100),
    type,
    mode: parseNumber(block, 100, 8) & 0o7777,
    uid: parseNumber(block, 108, 8),
    gid: parseNumber(block, 116, 8),
    sizeBytes: type === 'file' || type === 'pax' || type.startsWith('long-') ? header.sizeBytes : 0,
    mtime: parseNumber(block, 136, 12),
    major: parseNumber(block, 329, 8),
    minor: parseNumber(block, 337, 8),
  }
}

/** Encodes pax records: `LENGTH KEY=VALUE\n`, the length counting itself. Values may be binary (extended attributes). */
export function encodePax(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [key, value] of records) {
    const head = toUtf8.encode(` ${key}=`)
    const body = head.length + value.length + 1
    let length = body + String(body).length
    if (String(length).length + body !== length) length += 1
    parts.push(toUtf8.encode(String(length)), head, value, Uint8Array.of(10))
  }
  return Buffer.concat(parts)
}

/** Decodes pax records; undefined if they are malformed. */
export function parsePax(bytes: Uint8Array): Map<string, Uint8Array> | undefined {
  const records = new Map<string, Uint8Array>()
  for (let position = 0; position < bytes.length; ) {
    const space = bytes.indexOf(32, position)
    const digits = space < 0 ? '' : utf8.decode(bytes.subarray(position, Math.min(space, position + 12)))
    const end = position + Number(digits)
    const equals = bytes.indexOf(61, space)
    // A length that is not a positive number within the data could loop forever.
    if (!/^\d{1,10}$/.test(digits) || equals < 0 || equals >= end || end > bytes.length || bytes[end - 1] !== 10)
      return undefined
    records.set(utf8.decode(bytes.subarray(space + 1, equals)), bytes.slice(equals + 1, end - 1))
    position = end
  }
  return records
}

/** The sum of a header's bytes with spaces in its own field. A loop, because it runs over every header of every tree. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 32
  for (let at = 0; at < block.length; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0
  return sum
}

const textAt = (block: Uint8Array, offset: number, length: number): string =>
  decodeCString(block.subarray(offset, offset + length))

const decodeCString = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Octal text, or base-256 if GNU tar needs more digits than octal allows. */
function parseNumber(block: Uint8Array, offset: number, length: number): number {
  if (((block[offset] ?? 0) & 0x80) !== 0)
    return block.subarray(offset + 1, offset + length).reduce((sum, byte) => sum * 256 + byte, 0)
  return Number.parseInt(textAt(block, offset, length).trim() || '0', 8)
}
