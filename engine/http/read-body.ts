import {HaosError, redactUrl} from '#dsl'
import type {HttpResponse} from './http.ts'

/** Reads an answer that must be small into memory. Fails with DOWNLOAD_FAILED if it is longer than `maxBytes`. */
export async function readBody({body}: HttpResponse, url: string, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxBytes) {
      throw new HaosError('DOWNLOAD_FAILED', `${redactUrl(url)} is longer than ${maxBytes} bytes`, {
        at: redactUrl(url),
        hint: 'Check the URL: it serves something other than the expected file.',
      })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
