import {join} from 'node:path'
import {HaosError} from '#dsl'
import {writeTree} from '#formats'
import {mergeUsr} from '../unpack/merge-usr.ts'
import {type ApkPackage, unpackApk} from '../unpack/unpack-apk.ts'
import {type InstallOptions, installPackages} from './install-packages.ts'

interface MakeRootOptions extends Pick<InstallOptions, 'runScript'> {
  /** Host paths of the packages, in the order of installation. */
  readonly archives: readonly string[]
  /** Their names and versions, as `name-version`. */
  readonly labels: readonly string[]
  /** Alpine's name of the architecture. */
  readonly arch: string
  /** Host path of the tree. */
  readonly output: string
  readonly scratch: string
  readonly epoch: number
  readonly signal: AbortSignal
}

/** Installs packages and writes the tree that a node gets. */
export async function makeRoot(options: MakeRootOptions): Promise<void> {
  const {archives, labels, arch, runScript, output, scratch, epoch, signal} = options
  const packages: ApkPackage[] = []
  for (const [number, path] of archives.entries()) {
    signal.throwIfAborted()
    const origin = labels[number] ?? ''
    const pkg = await unpackApk(path, {origin, dataPath: join(scratch, `${number}.tar`), signal})
    if (pkg.label !== origin) throw otherPackage(origin, pkg.label)
    packages.push(pkg)
  }
  const root = await installPackages(packages, {arch, world: packages.map(({info}) => info.name), runScript})
  const nodes = await mergeUsr(root.entries())
  // The kernel and stage 0 create these on the node.
  const kept = nodes.filter(({path}) => !/^\/(?:dev|proc|sys|run|tmp)\/./.test(path))
  await writeTree(output, kept, {epoch})
}

const otherPackage = (origin: string, label: string): HaosError =>
  new HaosError('DIGEST_MISMATCH', `the file pinned as ${origin} is ${label}`, {
    at: origin,
    hint: 'Find out who changed the lock file, and run `haos-build lock --update`.',
  })
