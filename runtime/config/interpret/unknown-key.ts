import {bootParameters, InstallConfig, NodeSection, nearest, sisterNames, topLevelKeys} from '#dsl'
import type {KeyPath} from '../problem.ts'
import {type FieldNames, fieldNames, publicName} from './field-names.ts'
import {foreignKeys} from './foreign-keys.ts'
import type {SourceReport} from './source-report.ts'

export interface UnknownKey {
  /** The map that the key is in. */
  readonly path: KeyPath
  readonly key: string
  readonly at?: number | undefined
  /** What is known in that map. */
  readonly names: FieldNames
}

/** Reports a key that nobody reads, with what was probably meant. */
export function reportUnknownKey({path, key, at, names}: UnknownKey, report: SourceReport): void {
  if (report.isCmdline && path.length === 1 && isBootParameter(key)) return
  const {message = 'is not a key that is known here', hint} =
    misplaced(path, key, report) ??
    sister(path, key, report) ??
    misspelt(key, names, report) ??
    foreign(path, key) ??
    {}
  report.add([...path, key], message, {
    hint: hint ?? 'Remove it, or look the key up in docs/reference/node-config.md.',
    at,
  })
}

interface Explanation {
  readonly message?: string
  readonly hint: string
}

/** A key that is known, but one level higher or lower. */
function misplaced(path: KeyPath, key: string, {identity}: SourceReport): Explanation | undefined {
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

const isBootParameter = (key: string): boolean => bootParameters.some((name) => name === key.toLowerCase())

const levels = (section: string): readonly (readonly [where: readonly string[], fields: readonly string[]])[] => [
  [[], topLevelKeys],
  [[section], Object.keys(NodeSection._zod.def.shape)],
  [[section, 'install'], Object.keys(InstallConfig._zod.def.shape)],
]

/** The section of a related system: whoever moves from one to another copies the file. */
function sister(path: KeyPath, key: string, {identity}: SourceReport): Explanation | undefined {
  const word = key.toLowerCase()
  if (path.length > 0 || word === identity.section || !sisterNames.includes(word)) return undefined
  return {
    message: `is the section of another system, ${word}; this is ${identity.name}`,
    hint: `Write it as "${identity.section}" if it is meant for this node.`,
  }
}

function misspelt(key: string, names: FieldNames, {identity}: SourceReport): Explanation | undefined {
  // The comparison is quadratic, and no key that was meant is that long.
  if (key.length > 64) return undefined
  const near = own(oldNames, key) ?? nearest(key, names.keys())
  const field = near === undefined ? undefined : names.get(near)
  return field === undefined ? undefined : {hint: `Did you mean "${publicName(field, identity)}"?`}
}

/** Words that are used for a key elsewhere, or in older documentation, and are not near to it. */
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
function foreign(path: KeyPath, key: string): Explanation | undefined {
  const hint = path.length === 0 ? own(foreignKeys, key) : undefined
  return hint === undefined ? undefined : {message: 'is a key of cloud-init that this system does not have', hint}
}

/** A plain object also answers to `constructor`, which somebody may write as a key. */
const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key.toLowerCase()) ? table[key.toLowerCase()] : undefined
