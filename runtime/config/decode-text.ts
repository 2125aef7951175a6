import {decodeUtf8} from '../text/utf8.ts'

/** Text of a source, and whether invalid bytes became U+FFFD. */
export interface DecodedText {
  readonly text: string
  readonly damaged: boolean
}

/** Decodes UTF-8, or UTF-16 with the byte order mark that YAML 1.2 (section 5.2) requires. Drops the mark. */
export function decodeText(bytes: Uint8Array | string): DecodedText {
  const text = typeof bytes === 'string' ? bytes : (decodeUtf16(bytes) ?? decodeUtf8(bytes))
  return {
    text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
    damaged: typeof bytes !== 'string' && text.includes('\uFFFD'),
  }
}

function decodeUtf16(bytes: Uint8Array): string | undefined {
  const littleEndian = bytes[0] === 0xff && bytes[1] === 0xfe
  if (!littleEndian && !(bytes[0] === 0xfe && bytes[1] === 0xff)) return undefined
  const [low, high] = littleEndian ? [0, 1] : [1, 0]
  let text = ''
  for (let at = 2; at + 1 < bytes.length; at += 2)
    text += String.fromCharCode((bytes[at + low] ?? 0) | ((bytes[at + high] ?? 0) << 8))
  return text
}
