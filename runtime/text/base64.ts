const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The value of each digit by its code, and -1 for other characters. Looking them up in the alphabet takes ten times as long. */
const values = Int8Array.from({length: 128}, (_, code) => alphabet.indexOf(String.fromCharCode(code)))

/**
 * Decodes base64 (RFC 4648, section 4), in which line breaks are allowed.
 *
 * QuickJS has no `atob`. Throws if a character is invalid, or if the padding is missing or followed by more.
 */
export function decodeBase64(text: string): Uint8Array {
  const digits = text.replace(/[\r\n]/g, '')
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0
  if (digits.length % 4 !== 0) throw new Error('is not base64: its length is not a multiple of four')
  const bytes = new Uint8Array((digits.length / 4) * 3 - padding)
  const filled = digits.length - padding
  let written = 0
  for (let at = 0; at < digits.length; at += 4) {
    let group = 0
    for (let index = at; index < at + 4; index++) {
      const value = index < filled ? (values[digits.charCodeAt(index)] ?? -1) : 0
      if (value < 0) throw new Error(`is not base64: character ${index + 1} does not belong there`)
      group = (group << 6) | value
    }
    if (written < bytes.length) bytes[written++] = group >> 16
    if (written < bytes.length) bytes[written++] = (group >> 8) & 0xff
    if (written < bytes.length) bytes[written++] = group & 0xff
  }
  return bytes
}
