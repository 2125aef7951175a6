import {decodeBase64} from '../../text/base64.ts'
import {decodeUtf8, encodeUtf8} from '../../text/utf8.ts'

/** One part of a MIME archive (RFC 2045, RFC 2046), decoded. */
export interface MimePart {
  /** Its file name, or else its type. */
  readonly name: string
  /** In lower case, without parameters: `text/cloud-config`. */
  readonly type: string
  readonly content: Uint8Array
  /** Why it could not be decoded. */
  readonly mistake?: string
}

/** Header fields, continued lines and what `mail` writes above them included. */
const header = /^(?:From .*\r?\n)?(?:[\w-]+:.*\r?\n(?:[ \t]+\S.*\r?\n)*)*?content-type:\s*multipart\//i

export const isMime = (data: Uint8Array | string): boolean =>
  header.test((typeof data === 'string' ? data : decodeUtf8(data.subarray(0, 4096))).trimStart())

/** The parts of an archive, those of archives in it included. Throws an Error if its boundary is missing. */
export function parseMime(data: Uint8Array | string): readonly MimePart[] {
  return partsOf(asBinary(typeof data === 'string' ? encodeUtf8(data) : data).trimStart())
}

function partsOf(text: string): readonly MimePart[] {
  const {fields, body} = splitHeader(text.replace(/^From .*\r?\n/, ''))
  const type = fields.get('content-type') ?? 'text/plain'
  const name = parameter(fields.get('content-disposition') ?? '', 'filename') ?? parameter(type, 'name')
  const kind = (/^[^;\s]+/.exec(type)?.[0] ?? '').toLowerCase()
  if (!kind.startsWith('multipart/')) return [decoded(name ?? kind, kind, body, fields)]
  const boundary = parameter(type, 'boundary')
  const pieces = boundary === undefined ? [] : piecesOf(body, boundary)
  if (pieces.length === 0) throw new Error('is a MIME archive without parts: its boundary is missing, or not in it')
  return pieces.flatMap(partsOf)
}

/** Between the delimiters; what is before the first and after the last is for people. */
function piecesOf(body: string, boundary: string): readonly string[] {
  const quoted = boundary.replace(/[^\w]/g, '\\$&')
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${quoted}(--)?[ \\t]*(?:\\r?\\n|$)`)
  const pieces = body.split(delimiter)
  // The parenthesis of the expression is among them: defined at the end.
  const end = pieces.findIndex((piece, index) => index % 2 === 1 && piece !== undefined)
  return pieces.slice(0, end < 0 ? undefined : end).filter((_, index) => index % 2 === 0 && index > 0)
}

function splitHeader(text: string): {readonly fields: ReadonlyMap<string, string>; readonly body: string} {
  const [, head = '', body = ''] = /^((?:[^\r\n]+\r?\n)*)\r?\n?([\s\S]*)$/.exec(text) ?? []
  const fields = new Map<string, string>()
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return {fields, body}
}

const parameter = (value: string, name: string): string | undefined => {
  const found = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(value)
  return found?.[1] ?? found?.[2]
}

function decoded(name: string, type: string, body: string, fields: ReadonlyMap<string, string>): MimePart {
  const encoding = (fields.get('content-transfer-encoding') ?? '7bit').toLowerCase()
  try {
    if (encoding === 'base64') return {name, type, content: decodeBase64(body.replace(/\s/g, ''))}
    if (encoding === 'quoted-printable') return {name, type, content: asBytes(fromQuotedPrintable(body))}
    if (['7bit', '8bit', 'binary'].includes(encoding)) return {name, type, content: asBytes(body)}
    return {name, type, content: new Uint8Array(), mistake: `has the transfer encoding ${encoding}`}
  } catch (error) {
    return {name, type, content: new Uint8Array(), mistake: error instanceof Error ? error.message : String(error)}
  }
}

const fromQuotedPrintable = (text: string): string =>
  text
    .replace(/[ \t]+(?=\r?\n)/g, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** A text with a character for each byte: a part may be binary. */
function asBinary(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return text
}

const asBytes = (binary: string): Uint8Array =>
  Uint8Array.from({length: binary.length}, (_, at) => binary.charCodeAt(at))
