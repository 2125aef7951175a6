import {Readable} from 'node:stream'

/**
 * Decompresses a stream of xz without a program: for machines that have none yet, as it is half as fast. Ends with an error if the
 * stream is not xz.
 */
export async function xzDecoder(packed: Readable): Promise<Readable> {
  const {default: xz} = await import('xz-decompress')
  return Readable.fromWeb(new xz.XzReadableStream(Readable.toWeb(packed)))
}

/** Decompresses xz in memory. Fails if the result is larger than `maxBytes`. */
export async function decodeXz(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of await xzDecoder(Readable.from([bytes]))) {
    size += piece.length
    if (size > maxBytes) throw new Error(`it unpacks to more than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
