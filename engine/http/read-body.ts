import {HaosError, redactUrl} from '#dsl'
import type {HttpResponse} from './http.ts'

/** Reads an answer that must be small into memory. Fails with DOWNLOAD_FAILED when it goes on after `maxBytes`. */
export async function readBody({body}: HttpResponse, url: string, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxBytes) {
      throw new HaosError('DOWNLOAD_FAILED', `${redactUrl(url)} is more than ${maxBytes} bytes long`, {
        at: redactUrl(url),
        hint: 'Check the address: something else than the wanted file is there.',
      })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
