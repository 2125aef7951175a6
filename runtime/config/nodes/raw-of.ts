import type {Raw} from '../raw.ts'

/** A JSON value as a source; texts may be written as numbers and flags. */
export function rawOf(value: unknown): Raw {
  if (Array.isArray(value)) return {kind: 'list', items: value.map(rawOf)}
  if (typeof value === 'object' && value !== null)
    return {kind: 'map', entries: Object.entries(value).map(([key, entry]) => ({key, value: rawOf(entry)}))}
  return value === null || value === undefined
    ? {kind: 'text', text: '', isNull: true}
    : {kind: 'text', text: `${value}`}
}

/** The opposite: a JSON value from which {@link rawOf} makes the same source. It cannot contain bytes that are not text. */
export function valueOfRaw(raw: Raw): unknown {
  switch (raw.kind) {
    case 'text':
      return raw.isNull ? null : raw.text
    case 'list':
      return raw.items.map(valueOfRaw)
    case 'map':
      return Object.fromEntries(raw.entries.map(({key, value}) => [key, valueOfRaw(value)]))
  }
}
