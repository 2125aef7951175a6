import type {PartName} from './part-copy.ts'
import {skipSignatureFlag} from './signature/check-signature.ts'

/** The flags of `upgrade`. */
export interface UpgradeFlags {
  /** Where the release comes from: a directory, a file or a URL; undefined if nothing is said. */
  readonly source: string | undefined
  /** Image in a registry, instead of a source. */
  readonly image: string | undefined
  /** File with credentials for the registry. */
  readonly credentials: string | undefined
  /** The registry is asked without encryption. */
  readonly plainHttp: boolean
  /** SHA-256 that a fetched file must have. */
  readonly sha256: string | undefined
  /** System directory of the node. */
  readonly destination: string | undefined
  readonly parts: readonly PartName[]
  readonly sync: boolean
  readonly reboot: boolean
  readonly force: boolean
  readonly skipSignature: boolean
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
): string => `       ${name} upgrade --source SOURCE  install a version beside this one: a directory, an ISO, an update file, an OCI image, or a URL
         --sha256 DIGEST         of the file
         --image REGISTRY/NAME:TAG[@sha256:…]  take it from a registry instead
         --credentials FILE      for the registry, in the format of Docker's config.json
         --plain-http            ask the registry without encryption
         --rootfs --kernel --k3s only these parts; default: all
         --destination DIRECTORY system directory of the node, /host/… in a container
         --reboot                reboot afterwards
         --force                 also a version that has failed on this node
         --${skipSignatureFlag} also a release that no key of this node has signed
       ${name} versions            list the installed versions
       ${name} verify              read them, and say which files have rotted on the disk
       ${name} rollback            go back to the previous version at the next boot`

/** Parses the flags of `upgrade`. Throws an Error that names a wrong one. */
export function parseUpgradeFlags(argv: readonly string[]): UpgradeFlags {
  const values = new Map<string, string>()
  const switches = new Set<string>()
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index] ?? ''
    const [, name = '', , value] = /^--([a-z0-9-]+)(=(.*))?$/s.exec(arg) ?? []
    if (['source', 'image', 'credentials', 'sha256', 'destination', 'lock-file'].includes(name)) {
      const given = value ?? argv[++index]
      if (given === undefined || given === '') throw new Error(`--${name} needs a value`)
      values.set(name, given)
    } else if (
      ['remount', 'sync', 'reboot', 'force', skipSignatureFlag, 'plain-http', ...Object.keys(partFlags)].includes(name)
    ) {
      if (value !== undefined && !/^(?:true|false)$/.test(value)) throw new Error(`--${name} takes no value`)
      if (value !== 'false') switches.add(name)
    } else throw new Error(`there is no "upgrade ${arg}"`)
  }
  const sha256 = values.get('sha256')
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new Error('--sha256: must be 64 hexadecimal digits, as sha256sum prints them')
  const image = values.get('image')
  if (image !== undefined && values.has('source')) throw new Error('--image and --source exclude each other')
  if (image === undefined && (values.has('credentials') || switches.has('plain-http')))
    throw new Error('--credentials and --plain-http are for --image')
  if (image !== undefined && sha256 !== undefined)
    throw new Error('--sha256 is for files: write the digest of an image behind its name, as NAME:TAG@sha256:…')
  const chosen = Object.entries(partFlags).flatMap(([flag, parts]) => (switches.has(flag) ? parts : []))
  return {
    source: values.get('source'),
    image,
    credentials: values.get('credentials'),
    plainHttp: switches.has('plain-http'),
    sha256: sha256?.toLowerCase(),
    destination: values.get('destination'),
    parts: chosen.length === 0 ? allParts : allParts.filter((part) => chosen.includes(part)),
    sync: switches.has('sync'),
    reboot: switches.has('reboot'),
    force: switches.has('force'),
    skipSignature: switches.has(skipSignatureFlag),
    lockFile: values.get('lock-file'),
  }
}
