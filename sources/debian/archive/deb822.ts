/** One stanza of a control file: fields by lower-case name (deb822(5)). */
export type Stanza = ReadonlyMap<string, string>

/** Splits control data into stanzas. Continuation lines stay in the value, with their line breaks. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .map(parseStanza)
    .filter((stanza) => stanza.size > 0)
}

function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/^([^\s:#]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
    fields.set(name.toLowerCase(), value.trim())
  }
  return fields
}

/** One package that would satisfy a relation. */
export interface Alternative {
  readonly name: string
  /** Required version, such as `= 1.2-3`. */
  readonly version?: string | undefined
}

/** Parses a relation field: all groups must be satisfied, each by one of its alternatives (deb-control(5), `Depends`). */
export const parseRelations = (field: string | undefined): Alternative[][] =>
  (field ?? '')
    .split(',')
    .map((group) => group.split('|').flatMap(parseAlternative))
    .filter((group) => group.length > 0)

function parseAlternative(text: string): Alternative[] {
  const match = /^\s*([a-z0-9][a-z0-9.+-]*)(?::\w+)?\s*(?:\(([^)]*)\))?/.exec(text)
  return match ? [{name: match[1] ?? '', version: match[2]?.trim()}] : []
}
