import {digestOf} from './digest.ts'

/** A UUID derived from a JSON value (RFC 9562, version 8): equal values give equal UUIDs. */
export function uuidOf(value: unknown): string {
  const hex = digestOf(value)
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
