import {createHash, X509Certificate} from 'node:crypto'

/**
 * The name under which OpenSSL looks a certificate up (X509_NAME_hash(3)): four bytes of the SHA-1 of its subject in
 * canonical form, which has texts as lower-case UTF-8, without spaces at the ends or twice in a row.
 */
export function subjectHash(pem: string): string {
  const certificate = new X509Certificate(pem).raw
  // Certificate → tbsCertificate → version (optional), serial, signature, issuer, validity, subject (RFC 5280, 4.1).
  const fields = [...children(only(children(only(children({tag: 0x30, body: certificate})))))]
  const subject = fields[(fields[0]?.tag === 0xa0 ? 1 : 0) + 4]
  if (subject === undefined) throw new Error('a certificate without a subject')
  const canonical = [...children(subject)].map((set) =>
    encode(set.tag, Buffer.concat([...children(set)].map(canonicalAttribute))),
  )
  const digest = createHash('sha1').update(Buffer.concat(canonical)).digest()
  return digest.readUInt32LE(0).toString(16).padStart(8, '0')
}

/** One element of DER (X.690). */
interface Element {
  readonly tag: number
  readonly body: Buffer
}

function only(elements: Iterable<Element>): Element {
  for (const element of elements) return element
  throw new Error('an empty certificate')
}

function* children({body}: Element): Generator<Element> {
  for (let at = 0; at < body.length; ) {
    const tag = body[at] ?? 0
    let length = body[at + 1] ?? 0
    let start = at + 2
    if (length > 0x7f) {
      const digits = length & 0x7f
      length = body.readUIntBE(start, digits)
      start += digits
    }
    yield {tag, body: body.subarray(start, start + length)}
    at = start + length
  }
}

const textTags: Readonly<Record<number, BufferEncoding | 'utf16be' | 'utf32be'>> = {
  12: 'utf8',
  19: 'latin1',
  20: 'latin1',
  22: 'latin1',
  26: 'latin1',
  28: 'utf32be',
  30: 'utf16be',
}

function canonicalAttribute(attribute: Element): Buffer {
  const [type, value] = children(attribute)
  if (type === undefined || value === undefined) return Buffer.alloc(0)
  const encoding = textTags[value.tag]
  const text =
    encoding === undefined
      ? encode(value.tag, value.body)
      : encode(
          12,
          Buffer.from(
            decode(value.body, encoding)
              .replace(/[ \t\n\v\f\r]+/g, ' ')
              .replace(/^ | $/g, '')
              .replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
          ),
        )
  return encode(0x30, Buffer.concat([encode(type.tag, type.body), text]))
}

function decode(body: Buffer, encoding: BufferEncoding | 'utf16be' | 'utf32be'): string {
  if (encoding !== 'utf16be' && encoding !== 'utf32be') return body.toString(encoding)
  const width = encoding === 'utf16be' ? 2 : 4
  let text = ''
  for (let at = 0; at + width <= body.length; at += width) text += String.fromCodePoint(body.readUIntBE(at, width))
  return text
}

function encode(tag: number, body: Buffer): Buffer {
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const digits = body.length < 0x100 ? 1 : body.length < 0x10000 ? 2 : 3
  const head = Buffer.alloc(2 + digits)
  head[0] = tag
  head[1] = 0x80 | digits
  head.writeUIntBE(body.length, 2, digits)
  return Buffer.concat([head, body])
}
