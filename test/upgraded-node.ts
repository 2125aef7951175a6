import {createHash, createPublicKey, type KeyObject, sign} from 'node:crypto'
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {deriveIdentity} from '../dsl/identity.ts'
import {bootEnvironmentPath, readBootEnvironment, renderBootEnvironment, trialFile} from '../layout/boot-environment.ts'
import {releaseSignatures} from '../layout/release-signatures.ts'
import {type Candidate, readCandidate} from '../runtime/upgrade/candidate.ts'
import {openSource} from '../runtime/upgrade/open-source.ts'
import {placeOf} from '../runtime/upgrade/place.ts'
import {upgrade} from '../runtime/upgrade/upgrade.ts'
import {ProgramHost} from './program-host.ts'
import {scratchDirectory} from './scratch.ts'

const identity = deriveIdentity('haos')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A small release. */
export interface ReleaseOptions {
  readonly version: string
  readonly kernel?: string
  readonly kubernetes?: string
  /** Makes the files different. */
  readonly build?: string
  readonly product?: string
  readonly arch?: 'amd64' | 'arm64'
  readonly cmdline?: readonly string[]
  /** Private keys that sign it. Default: none. */
  readonly signedBy?: readonly KeyObject[]
}

/** Files of a release, by their path from the system directory. */
export function filesOf({version, kernel = '6.12.1', kubernetes, build = ''}: ReleaseOptions): Record<string, string> {
  return {
    [`kernel/${kernel}/vmlinuz`]: `kernel ${kernel}`,
    [`kernel/${kernel}/initrd`]: `initrd ${kernel} ${build}`,
    [`kernel/${kernel}/modules.squashfs`]: `modules ${kernel}`,
    ...(kubernetes !== undefined && {[`k3s/${kubernetes}/k3s`]: `k3s ${kubernetes}`}),
    [`haos/${version}/packages.squashfs`]: `packages ${version} ${build}`,
    [`haos/${version}/system.squashfs`]: `system ${version} ${build}`,
  }
}

export function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
}

/** Writes a release below the scratch directory of a node, as a medium has it, and gives its path on the node. */
export function makeRelease(scratch: string, name: string, options: ReleaseOptions): string {
  const directory = join(scratch, name)
  const {
    version,
    kernel = '6.12.1',
    kubernetes,
    product = 'haos',
    arch = 'amd64',
    cmdline = ['console=ttyS0'],
    signedBy = [],
  } = options
  const files = filesOf(options)
  const description = {
    format: 1,
    product,
    version,
    arch,
    date: '2026-11-01T00:00:00.000Z',
    kernel,
    ...(kubernetes !== undefined && {kubernetes}),
    boot: {cmdline, timeoutSeconds: 1},
    files: Object.entries(files).map(([path, text]) => ({path, sizeBytes: text.length, sha256: sha256(text)})),
  }
  put(directory, {
    ...files,
    [`haos/${version}/layers`]: 'packages.squashfs\nsystem.squashfs\n',
    [`haos/${version}/release.json`]: JSON.stringify(description),
    ...(signedBy.length > 0 && {[`haos/${version}/release.json.sig`]: signaturesOf(description, signedBy)}),
  })
  symlinkSync(version, join(directory, 'haos/current'))
  symlinkSync(kernel, join(directory, 'kernel/current'))
  if (kubernetes !== undefined) symlinkSync(kubernetes, join(directory, 'k3s/current'))
  return `/${name}`
}

/** As a build signs it. */
const signaturesOf = (description: object, keys: readonly KeyObject[]): string =>
  releaseSignatures.render(
    keys.map((key) => {
      const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
      const signature = sign(algorithm, Buffer.from(JSON.stringify(description)), key)
      return {keyId: keyIdOf(key), base64: signature.toString('base64')}
    }),
  )

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(createPublicKey(key).export({type: 'spki', format: 'der'}))
    .digest('hex')

/** Lets the system that runs on a node trust keys. */
export function trustKeys(scratch: string, keys: readonly KeyObject[]): void {
  const files = keys.map((key) => {
    const pem = createPublicKey(key).export({type: 'spki', format: 'pem'}).toString()
    return [`usr/lib/haos/upgrade-keys/${keyIdOf(key)}.pem`, pem] as const
  })
  put(scratch, Object.fromEntries(files))
}

/** GRUB's environment block of another system. */
export const foreignEnvironment = '# GRUB Environment Block\nsaved_entry=Debian\n'.padEnd(1024, '#')

/** A node with one version, as the installer leaves it, below a scratch directory. Without our GRUB, stage 0 counts the boots of a trial. */
export function makeNode(options: ReleaseOptions = {version: '1.0'}, {hasGrub = true} = {}) {
  const scratch = scratchDirectory()
  makeRelease(scratch, 'haos/system', options)
  const system = join(scratch, 'haos/system')
  put(scratch, {
    // Debian's GRUB has such a block, too.
    [`run/haos/state${bootEnvironmentPath}`]: hasGrub ? renderBootEnvironment(undefined) : foreignEnvironment,
    'run/haos/mode': hasGrub ? 'disk\n' : 'local\n',
  })
  const place = placeOf(identity)
  const host = new ProgramHost(scratch)
  const environment = () =>
    hasGrub
      ? readBootEnvironment(readFileSync(join(scratch, `run/haos/state${bootEnvironmentPath}`), 'latin1'))
      : trialFile.read(host.read('/haos/system/trial') ?? '')
  /** What would boot: the bytes of every file behind the links that GRUB and stage 0 follow. */
  const booting = (which: 'current' | 'previous' = 'current') =>
    [
      'haos/packages.squashfs',
      'haos/system.squashfs',
      'kernel/vmlinuz',
      'kernel/initrd',
      'kernel/modules.squashfs',
    ].map((path) => {
      const [part = '', name = ''] = path.split('/')
      return readFileSync(join(system, part, which, name), 'utf8')
    })
  const lines: string[] = []
  const install = (source: string | Candidate, more: Partial<Parameters<typeof upgrade>[1]> = {}, on = host) =>
    upgrade(on, {
      identity,
      place,
      candidate: typeof source === 'string' ? readCandidate(on, source, {identity, arch: 'amd64'}) : source,
      wanted: ['own', 'kernel', 'kubernetes'],
      trial: {boots: 3, minutes: 15},
      force: false,
      skipSignature: false,
      log: (line) => lines.push(line),
      ...more,
    })
  const open = (source: string): Candidate =>
    openSource(host, source, {
      ...{identity, arch: 'amd64', place, sha256: undefined},
      log: (line) => lines.push(line),
    }).candidate
  return {scratch, identity, system, place, host, environment, booting, install, open, lines}
}
