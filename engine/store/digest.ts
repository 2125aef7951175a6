import {createHash} from 'node:crypto'
import {open} from 'node:fs/promises'

/** A SHA-256 digest in lower-case hexadecimal. */
export type Digest = string

/** Names a JSON value: equal values give equal digests, whatever the order of their keys. */
export const digestOf = (value: unknown): Digest => createHash('sha256').update(canonicalJson(value)).digest('hex')

/** Names the bytes of a string or buffer. */
export const digestOfBytes = (bytes: string | Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex')

/** Names the bytes of a file. */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<Digest> {
  await using file = await open(path, 'r')
  return await digestOfHandle(file, signal)
}

/** What is needed of Node's FileHandle, whose own type a project that only boots images need not know. */
interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{readonly bytesRead: number}>
}

/** Names the bytes of an open file, which stays open. */
export async function digestOfHandle(file: OpenFile, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  // One for all: streams make one for each piece, which takes longer than the digest.
  const buffer = Buffer.alloc(1 << 20)
  for (let position = 0; ; ) {
    signal?.throwIfAborted()
    const {bytesRead} = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}

/** Names the bytes of a disk with many zeros, which cost little: another digest than that of the file. */
export async function digestOfDisk(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  await using file = await open(path, 'r')
  const buffer = Buffer.alloc(1 << 20)
  const zeros = Buffer.alloc(buffer.length)
  for (let position = 0; ; ) {
    const {bytesRead} = await file.read(buffer, 0, buffer.length, position)
    const part = buffer.subarray(0, bytesRead)
    // Where the next ones begin, and at the end how many there were.
    if (bytesRead === 0 || !part.equals(zeros.subarray(0, bytesRead))) hash.update(`${position}\n`).update(part)
    if (bytesRead === 0) return hash.digest('hex')
    position += bytesRead
  }
}

/** JSON with sorted keys and without `undefined`, after RFC 8785 for the values that we use. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
