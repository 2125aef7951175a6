import type {Identity} from '../identity.ts'

/** Fields by every accepted spelling, in lower case. */
export type FieldNames = ReadonlyMap<string, string>

/**
 * The spellings of some fields: snake_case and camelCase, singular and plural.
 *
 * Keys are looked up in lower case, so that letter case never matters.
 */
export function fieldNames(fields: Iterable<string>, identity: Identity): FieldNames {
  const names = new Map<string, string>()
  for (const field of fields) {
    for (const spelling of [publicName(field, identity), ...(aliases[field] ?? [])]) {
      // A section is not a list: `hao:` is a mistake; and `user:` of cloud-init is not a list of users.
      const plural = spelling.endsWith('s') && field !== 'node' && field !== 'users'
      for (const form of plural ? [spelling, spelling.slice(0, -1)] : [spelling]) {
        names.set(form, field)
        names.set(form.replaceAll('_', ''), field)
      }
    }
  }
  return names
}

/** A field's name in files: the section and the arguments are named for the product. */
export function publicName(field: string, {section, kubernetes}: Identity): string {
  if (field === 'node') return section
  return field === 'k3s_args' ? `${kubernetes}_args` : field
}

/** Only a wireless network has a passphrase, and only a user a `passwd`, so the node's `password` is never meant. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  passphrase: ['pass', 'password'],
  passwd: ['password'],
}
