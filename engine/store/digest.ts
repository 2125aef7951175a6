import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {pipeline} from 'node:stream/promises'

/** A SHA-256 digest in lower-case hexadecimal. */
export type Digest = string

/** Names a JSON value: equal values give equal digests, whatever the order of their keys. */
export const digestOf = (value: unknown): Digest => createHash('sha256').update(canonicalJson(value)).digest('hex')

/** Names the bytes of a string or buffer. */
export const digestOfBytes = (bytes: string | Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex')

/** Names the bytes of a file. */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  const source = createReadStream(path, {highWaterMark: 1 << 20})
  await pipeline(source, hash, signal ? {signal} : {})
  return hash.digest('hex')
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
