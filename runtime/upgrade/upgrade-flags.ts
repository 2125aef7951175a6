import type {PartName} from './part-copy.ts'

/** The flags of `upgrade`. */
export interface UpgradeFlags {
  /** Where the release comes from: a directory or an ISO; undefined if nothing is said. */
  readonly source: string | undefined
  /** SHA-256 that a fetched file must have. */
  readonly sha256: string | undefined
  /** System directory of the node. */
  readonly destination: string | undefined
  readonly parts: readonly PartName[]
  readonly sync: boolean
  readonly reboot: boolean
  readonly force: boolean
  readonly lockFile: string | undefined
}

const partFlags: Readonly<Record<string, readonly PartName[]>> = {
  rootfs: ['own', 'kubernetes'],
  kernel: ['kernel'],
  k3s: ['kubernetes'],
  rke2: ['kubernetes'],
}
const allParts: readonly PartName[] = ['own', 'kernel', 'kubernetes']

/** Lines of the help. */
export const upgradeHelp = (
  name: string,
): string => `       ${name} upgrade --source SOURCE  install a version beside this one: a directory, an ISO, an update file, or a URL
         --sha256 DIGEST         of the file
         --rootfs --kernel --k3s only these parts; default: all
         --destination DIRECTORY system directory of the node, /host/… in a container
         --reboot                reboot afterwards
         --force                 also a version that has failed on this node
       ${name} versions            list the installed versions
       ${name} rollback            go back to the previous version at the next boot`

/** Parses the flags of `upgrade`. Throws an Error that names a wrong one. */
export function parseUpgradeFlags(argv: readonly string[]): UpgradeFlags {
  const values = new Map<string, string>()
  const switches = new Set<string>()
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index] ?? ''
    const [, name = '', , value] = /^--([a-z0-9-]+)(=(.*))?$/s.exec(arg) ?? []
    if (['source', 'sha256', 'destination', 'lock-file'].includes(name)) {
      const given = value ?? argv[++index]
      if (given === undefined || given === '') throw new Error(`--${name} needs a value`)
      values.set(name, given)
    } else if (['remount', 'sync', 'reboot', 'force', ...Object.keys(partFlags)].includes(name)) {
      if (value !== undefined && !/^(?:true|false)$/.test(value)) throw new Error(`--${name} takes no value`)
      if (value !== 'false') switches.add(name)
    } else throw new Error(`there is no "upgrade ${arg}"`)
  }
  const sha256 = values.get('sha256')
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new Error('--sha256: must be 64 hexadecimal digits, as sha256sum prints them')
  const chosen = Object.entries(partFlags).flatMap(([flag, parts]) => (switches.has(flag) ? parts : []))
  return {
    source: values.get('source'),
    sha256: sha256?.toLowerCase(),
    destination: values.get('destination'),
    parts: chosen.length === 0 ? allParts : allParts.filter((part) => chosen.includes(part)),
    sync: switches.has('sync'),
    reboot: switches.has('reboot'),
    force: switches.has('force'),
    lockFile: values.get('lock-file'),
  }
}
