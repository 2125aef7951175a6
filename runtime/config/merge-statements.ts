import type {NodeConfig} from '#dsl'
import type {Statement} from './interpret/interpret-source.ts'
import type {Value} from './interpret/interpret-value.ts'

/**
 * Merges statements into a configuration. A later statement replaces an earlier one of the same field.
 *
 * Lists and maps of texts are replaced whole; the sections are merged key by key, because each of their
 * fields is a separate statement. `written` also takes what is a mistake.
 */
export function mergeStatements(statements: readonly Statement[], of: 'value' | 'written' = 'value'): NodeConfig {
  const config: Section = new Map([['node', new Map()]])
  for (const {path, [of]: value} of statements) {
    if (value === undefined) continue
    const field = path.at(-1)
    if (field === undefined) continue
    const section = path.slice(0, -1).reduce(sectionIn, config)
    if (value === null) section.delete(field)
    else if (!(section.get(field) instanceof Map && isEmpty(value))) section.set(field, value)
  }
  // Interpretation has followed the schema; parsing again would refuse values that break a rule, which must be kept.
  return toObject(config) as unknown as NodeConfig
}

/** What a named section states if nothing is in it: that it exists. */
const isEmpty = (value: Value): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

type Section = Map<string, Value | Section>

function sectionIn(section: Section, name: string): Section {
  const found = section.get(name)
  if (found instanceof Map) return found
  const made: Section = new Map()
  section.set(name, made)
  return made
}

/** Sections of which nothing is left are not there, except the product's own. */
const toObject = (section: Section): object =>
  Object.fromEntries(
    [...section]
      .filter(([name, value]) => name === 'node' || !(value instanceof Map) || value.size > 0)
      .map(([name, value]): [string, unknown] => [name, value instanceof Map ? toObject(value) : value]),
  )
