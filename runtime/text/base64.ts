const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

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
  let written = 0
  for (let at = 0; at < digits.length; at += 4) {
    let group = 0
    for (let index = at; index < at + 4; index++) {
      const digit = digits.charAt(index)
      const value = digit === '=' && index >= digits.length - padding ? 0 : alphabet.indexOf(digit)
      if (value < 0) throw new Error(`is not base64: character ${index + 1} does not belong there`)
      group = (group << 6) | value
    }
    for (const shift of [16, 8, 0]) if (written < bytes.length) bytes[written++] = (group >> shift) & 0xff
  }
  return bytes
}
