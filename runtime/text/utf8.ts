/** UTF-8 bytes of a text (RFC 3629). QuickJS has no TextEncoder. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
  }
  return Uint8Array.from(bytes)
}

/** Decodes UTF-8; invalid bytes become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const end = endOfAscii(bytes, at)
    if (end > at) {
      // Configuration is nearly all ASCII, and one call of the engine decodes a run of it many times faster than a
      // loop.
      text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, end))
      at = end
    } else {
      const [code, length] = codePointAt(bytes, at)
      text += String.fromCodePoint(code)
      at += length
    }
  }
  return text
}

/** End of a run of ASCII, limited to the number of arguments that an engine accepts. */
function endOfAscii(bytes: Uint8Array, start: number): number {
  const last = Math.min(bytes.length, start + 4096)
  let end = start
  while (end < last && (bytes[end] ?? 0) < 0x80) end++
  return end
}

const replacement: readonly [code: number, length: number] = [0xfffd, 1]

function codePointAt(bytes: Uint8Array, at: number): readonly [code: number, length: number] {
  const first = bytes[at] ?? 0
  if (first < 0x80) return [first, 1]
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4) return replacement
  let code = first & (0x7f >> length)
  for (let index = 1; index < length; index++) {
    const next = bytes[at + index]
    if (next === undefined || (next & 0xc0) !== 0x80) return replacement
    code = (code << 6) | (next & 0x3f)
  }
  const smallest = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0
  if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return replacement
  return [code, length]
}
