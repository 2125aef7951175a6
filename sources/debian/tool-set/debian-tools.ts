import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type Arch, DebianSpec, HaosError} from '#dsl'
import {digestOf, keepDirectory, PlanBuilder, runPlan, type Store, Toolbox} from '#engine'
import {fetchFile, type LockedPackage, type ToolContext, type ToolSource} from '#image'
import {archivesOf, completeMirrors, originsOf} from '../apt/archives.ts'
import {compareVersions} from '../apt/compare-versions.ts'
import {archiveKeys} from './archive-keys.ts'
import {loadPackages} from './load-packages.ts'
import {PackageTable} from './package-table.ts'
import {loadPrograms} from './programs.ts'
import {toolTreeRevision, unpackTools} from './unpack-tools.ts'

export interface DebianToolsOptions {
  /** Packages with the programs; their dependencies are included. */
  readonly names: readonly string[]
  /** Release that they come from. Default: the one whose keys haos-build knows. */
  readonly suite?: string
  /** Take security updates too. Default: true. */
  readonly security?: boolean
  /** Trusted OpenPGP keyrings, binary. Default: Debian's. */
  readonly keys?: readonly Uint8Array[]
}

/** Tools from Debian's packages, for build machines of any distribution: chosen without apt, and run without being installed. */
export function debianTools({
  names,
  suite = 'trixie',
  security = true,
  keys = archiveKeys,
}: DebianToolsOptions): ToolSource {
  const own = DebianSpec.parse({kind: 'debian', suite, updates: false, security})
  return {
    setName: () => `tools/${hostArch()}`,
    request: digestOf({suite, security, names}),
    compareVersions,
    async lock({http, signal, bases}) {
      const {spec, keyring} = await withMirrors(own, bases)
      const options = {keys: [...keys, ...keyring], arch: hostArch(), http, signal, now: new Date()}
      const table = new PackageTable()
      for (const archive of archivesOf(spec))
        for (const text of await loadPackages(archive, options)) table.add(text, archive.name)
      return table.closure(names).map(asLocked)
    },
    async open(packages, context) {
      const {store, emit, signal} = context
      const arch = hostArch()
      const path = await keepDirectory(store, digestOf({revision: toolTreeRevision, arch, packages}), {
        onDamage: () => emit({type: 'note', message: 'the tools were damaged in the store, and are unpacked again'}),
        async make(directory) {
          const {spec} = await withMirrors(own, context.bases)
          await fetchAll(spec, packages, context)
          emit({type: 'note', message: `unpacking ${packages.length} packages with tools`})
          const archives = packages.map(({name, version, sha256}) => {
            return {name, version, sha256, label: `${name} ${version}`, path: store.blobPath(sha256)}
          })
          await unpackTools(directory, archives, {arch, scratch: `${directory}.tars`, signal})
        },
      })
      // Only what is not among the tools comes from this machine, such as newuidmap, which must belong to root.
      return new Toolbox({pinned: {directory: join(path, 'bin'), programs: await loadPrograms(path)}})
    },
  }
}

/** This machine's architecture, under which programs run without emulation. Fails with HOST_UNSUPPORTED. */
function hostArch(): Arch {
  if (process.arch === 'x64') return 'amd64'
  if (process.arch === 'arm64') return 'arm64'
  throw new HaosError('HOST_UNSUPPORTED', `there are no pinned tools for machines of ${process.arch}`, {
    hint: 'Use the tools of this machine: `--tools host`.',
  })
}

/** The tools' archives on the mirrors of an image's Debian, or else of this machine's apt; and the keys of those mirrors. */
async function withMirrors(
  own: DebianSpec,
  bases: ToolContext['bases'],
): Promise<{readonly spec: DebianSpec; readonly keyring: readonly Uint8Array[]}> {
  const base = bases.find((item) => item.kind === 'debian')
  const {mirrors, securityMirrors, snapshot} = await completeMirrors(base ?? own)
  const keyring = base?.keyring === undefined ? [] : [await readKeyring(base.keyring)]
  return {spec: {...own, mirrors, securityMirrors, snapshot}, keyring}
}

const readKeyring = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((cause: unknown) => {
    throw new HaosError('INPUT_INVALID', `the keyring ${path} cannot be read`, {
      at: 'base.keyring',
      hint: 'Correct the path, or leave `keyring` out to use the keys of Debian.',
      cause,
    })
  })

function asLocked({name, version, archive, fields}: ReturnType<PackageTable['closure']>[number]): LockedPackage {
  return {
    name,
    version,
    arch: fields.get('architecture') ?? '',
    archive,
    path: fields.get('filename') ?? '',
    sizeBytes: Number(fields.get('size')),
    sha256: fields.get('sha256') ?? '',
  }
}

/** Downloads the packages that the store lacks. Fails with DOWNLOAD_GONE, DOWNLOAD_FAILED or DIGEST_MISMATCH. */
async function fetchAll(
  spec: DebianSpec,
  packages: readonly LockedPackage[],
  context: ToolContext & {readonly store: Store},
): Promise<void> {
  const plan = new PlanBuilder(0)
  for (const item of packages) {
    const {name, version, sha256, sizeBytes} = item
    plan.origin(sha256, originsOf(spec, item))
    plan.report(plan.add(fetchFile, {}, {sha256, sizeBytes}, `${name} ${version}`))
  }
  const logs = join(context.store.directory, 'logs')
  await runPlan(plan.finish([]), {...context, toolbox: new Toolbox(), kinds: plan.kinds, logs})
}
