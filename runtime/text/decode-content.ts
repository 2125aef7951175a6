import {decodeBase64} from './base64.ts'
import {gunzip} from './gunzip.ts'
import {encodeUtf8} from './utf8.ts'

/**
 * Decodes the content of a file; undefined if the encoding is unknown. Throws an Error with the reason if the content
 * is invalid.
 */
export function decodeContent(content: string, encoding: string): string | Uint8Array | undefined {
  switch (encoding.toLowerCase()) {
    case '':
      return content
    case 'b64':
    case 'base64':
      return decodeBase64(content)
    case 'gz':
    case 'gzip':
      return gunzip(encodeUtf8(content))
    case 'gz+b64':
    case 'gz+base64':
    case 'gzip+b64':
    case 'gzip+base64':
      return gunzip(decodeBase64(content))
    default:
      return undefined
  }
}
