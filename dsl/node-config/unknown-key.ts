import type {Identity} from '../identity.ts'
import {nearest} from '../nearest.ts'
import {relatedNames} from '../related-names.ts'
import {type FieldNames, fieldNames, publicName} from './field-names.ts'
import {foreignKeys} from './foreign-keys.ts'
import {InstallConfig} from './install.ts'
import {NodeSection} from './node-section.ts'
import {bootParameters, topLevelKeys} from './top-level-keys.ts'

/** A path from the top of config.yaml: names of keys, and numbers of items. */
type Path = readonly (string | number)[]

export interface UnknownKey {
  /** The map that the key is in. */
  readonly path: Path
  readonly key: string
  /** The known keys of that map. */
  readonly names: FieldNames
}

/** Message for an unknown key, with a hint at what was probably meant. */
export function explainUnknownKey({path, key, names}: UnknownKey, identity: Identity): Required<Explanation> {
  const {message = 'is not a known key here', hint} =
    misplaced(path, key, identity) ??
    relatedSystem(path, key, identity) ??
    foreign(path, key) ??
    misspelt(key, names, identity) ??
    {}
  return {message, hint: hint ?? 'Remove it, or look the key up in docs/reference/node-config.md.'}
}

/** The explanation of an unknown key. */
interface Explanation {
  readonly message?: string
  readonly hint: string
}

/** A known key, one level too high or too low. */
function misplaced(path: Path, key: string, identity: Identity): Explanation | undefined {
  if (path.length > 2 || typeof path[1] === 'number') return undefined
  const {section} = identity
  const word = key.toLowerCase()
  if (path.length === 1 && path[0] === section && isBootParameter(key))
    return {
      message: 'is a kernel parameter',
      hint: `Write ${identity.cmdlinePrefix}${word}= on the kernel command line.`,
    }
  for (const [where, fields] of levels(section)) {
    const found = fieldNames(fields, identity).get(word)
    if (found === undefined || where.join('.') === path.join('.')) continue
    const target = publicName(found, identity)
    return where.length === 0
      ? {message: 'belongs to the top level', hint: `Move it to the top of the file, as "${target}:".`}
      : {message: `belongs to ${where.join('.')}`, hint: `Move it below "${where.join(': ')}:", as "${target}:".`}
  }
  return undefined
}

/** Whether the boot reads a key of the section from the kernel command line, and nowhere else. */
export const isBootParameter = (key: string): boolean => bootParameters.some((name) => name === key.toLowerCase())

const levels = (section: string): readonly (readonly [where: readonly string[], fields: readonly string[]])[] => [
  [[], topLevelKeys],
  [[section], Object.keys(NodeSection._zod.def.shape)],
  [[section, 'install'], Object.keys(InstallConfig._zod.innerType._zod.def.shape)],
]

/** The section of a related system: users who migrate copy the file. */
function relatedSystem(path: Path, key: string, identity: Identity): Explanation | undefined {
  const word = key.toLowerCase()
  if (path.length > 0 || word === identity.section || !relatedNames.includes(word)) return undefined
  return {
    message: `is the section of another system, ${word}; this is ${identity.name}`,
    hint: `Write it as "${identity.section}" if it is meant for this node.`,
  }
}

function misspelt(key: string, names: FieldNames, identity: Identity): Explanation | undefined {
  // The comparison is quadratic, and no known key is that long.
  if (key.length > 64) return undefined
  const near = own(oldNames, key) ?? nearest(key, names.keys())
  const field = near === undefined ? undefined : names.get(near)
  return field === undefined ? undefined : {hint: `Did you mean "${publicName(field, identity)}"?`}
}

/** Names for a key in other systems or older documentation, too different for the nearest-word search. */
const oldNames: Readonly<Record<string, string>> = {
  efi: 'force_efi',
  ssid: 'name',
  psk: 'passphrase',
  pass: 'password',
  passphrase: 'password',
  mode: 'permissions',
  perms: 'permissions',
  env: 'environment',
  ntp_services: 'ntp_servers',
  kernel_modules: 'modules',
  nameservers: 'dns_nameservers',
  checksum: 'sha256',
  // The arguments of the other Kubernetes: on each system, one of the two is the key itself.
  k3s_args: 'rke2_args',
  rke2_args: 'k3s_args',
}

/** A key of cloud-init that has no meaning here. */
function foreign(path: Path, key: string): Explanation | undefined {
  const hint = path.length === 0 ? own(foreignKeys, key) : undefined
  return hint === undefined ? undefined : {message: 'is a key of cloud-init that this system does not have', hint}
}

/** Plain objects inherit `constructor`, which a user may write as a key. */
const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key.toLowerCase()) ? table[key.toLowerCase()] : undefined
