import type {Raw, RawText} from '../raw.ts'

/** Names of the values of a node that its config may use, as in `${serial}`. */
export const placeholderNames = ['hostname', 'index', 'mac', 'serial', 'uuid'] as const
export type PlaceholderName = (typeof placeholderNames)[number]

/** The values of one node; undefined if its machine has none. */
export type PlaceholderValues = Readonly<Record<PlaceholderName, string | undefined>>

/**
 * Fills the placeholders of all texts of a config; names of keys are left unchanged. `$${` stands for `${`.
 *
 * A text with an unknown name, or with a value that the machine lacks, is marked as damaged.
 */
export function fillPlaceholders(raw: Raw, values: PlaceholderValues): Raw {
  switch (raw.kind) {
    case 'text':
      return raw.text.includes('${') ? fillText(raw, values) : raw
    case 'list':
      return {...raw, items: raw.items.map((item) => fillPlaceholders(item, values))}
    case 'map':
      return {...raw, entries: raw.entries.map((entry) => ({...entry, value: fillPlaceholders(entry.value, values)}))}
  }
}

function fillText(raw: RawText, values: PlaceholderValues): RawText {
  let damage: RawText['damage']
  const text = raw.text.replace(/\$(\$?)\{(?:([^{}\n]*)\})?/g, (written, dollar: string, name: string | undefined) => {
    if (dollar !== '') return written.slice(1)
    const known = placeholderNames.find((each) => each === name)
    if (known === undefined) {
      damage ??= {
        message: name === undefined ? 'contains "${" without an end' : `contains ${nameOf(name)}`,
        hint: `The config of a node knows ${placeholderNames.map((each) => `\${${each}}`).join(', ')}; write "$\${" for a plain "\${".`,
      }
      return written
    }
    const value = values[known]
    if (value === undefined)
      damage ??= {
        message: `uses ${written}, which this machine does not have`,
        hint: 'Write the value out, or choose the node by what its firmware reports.',
      }
    return value ?? written
  })
  return damage === undefined ? {...raw, text} : {...raw, damage}
}

/** A text may be secret, but not a word that somebody took for the name of a placeholder. */
const nameOf = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? `the unknown placeholder \${${name}}` : 'a placeholder that does not exist'
