import {createHash} from 'node:crypto'
import {open} from 'node:fs/promises'

/** A SHA-256 digest in lower-case hexadecimal. */
export type Digest = string

/** Digest of a JSON value: equal values give equal digests, whatever the order of their keys. */
export const digestOf = (value: unknown): Digest => createHash('sha256').update(canonicalJson(value)).digest('hex')

/** Digest of a string or buffer. */
export const digestOfBytes = (bytes: string | Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex')

/** Digest of a file. */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<Digest> {
  await using file = await open(path, 'r')
  return await digestOfHandle(file, signal)
}

/** The used part of Node's FileHandle, whose own type a project that only boots images may lack. */
interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{readonly bytesRead: number}>
}

/** Digest of an open file, which stays open. */
export async function digestOfHandle(file: OpenFile, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  // One buffer for all reads: streams allocate one per chunk, which takes longer than the digest.
  const buffer = Buffer.alloc(1 << 20)
  for (let position = 0; ; ) {
    signal?.throwIfAborted()
    const {bytesRead} = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}

/** Fast digest of a disk with many zeros; it differs from the digest of the file. */
export async function digestOfDisk(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  await using file = await open(path, 'r')
  const buffer = Buffer.alloc(1 << 20)
  const zeros = Buffer.alloc(buffer.length)
  for (let position = 0; ; ) {
    const {bytesRead} = await file.read(buffer, 0, buffer.length, position)
    const part = buffer.subarray(0, bytesRead)
    // The offset of the next data, and at the end the length.
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
