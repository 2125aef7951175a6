import {type Arch, HaosError, type ImageSpec, type Kubernetes} from '#dsl'
import {digestOf} from '#engine'
import type {LockedPackage, LockedSet} from '../source.ts'
import {airgapOf, programOf, type ReleaseFile, releasePath} from './release-paths.ts'

/** A release of which everything is known. */
export interface PinnedRelease {
  readonly version: string
  /** The program; undefined if the recipe has its digest, and the node fetches it. */
  readonly program: LockedPackage | undefined
  /** The archive of its container images, if the image contains it. */
  readonly airgap: LockedPackage | undefined
}

/** Files of a release that the lock file pins: those whose size or digest the recipe does not have. */
export function lockedFiles({ship, sha256, channel, airgap, ...kubernetes}: Kubernetes, arch: Arch): ReleaseFile[] {
  const isKnown = ship === 'first-boot' && sha256[arch] !== undefined && channel === undefined
  return [...(isKnown ? [] : [programOf(kubernetes, arch)]), ...(airgap ? [airgapOf(kubernetes, arch)] : [])]
}

/** The request for the release, or undefined if the recipe already contains everything. */
export function kubernetesRequest({kubernetes}: ImageSpec, arch: Arch): string | undefined {
  if (kubernetes === undefined || lockedFiles(kubernetes, arch).length === 0) return undefined
  const {version = null, channel, channelServer, sha256, airgap} = kubernetes
  return digestOf({
    version,
    arch,
    sha256: sha256[arch] ?? null,
    ...(channel !== undefined && {channel, channelServer}),
    ...(airgap && {airgap}),
  })
}

/**
 * The release as the lock file pins it, if it is the one that the recipe requests.
 *
 * A lock file that names another release, file or digest for the same request was edited manually, and escaped the
 * review of the recipe. Fails with LOCK_INVALID.
 */
export function pinnedRelease(
  kubernetes: Kubernetes,
  arch: Arch,
  {packages}: Pick<LockedSet, 'packages'>,
): PinnedRelease {
  const files = lockedFiles(kubernetes, arch)
  const version = kubernetes.version ?? packages[0]?.version ?? ''
  const problems = files.flatMap((file) => differences(kubernetes, arch, {file, version, packages}))
  const strays = packages.filter(({name}) => !files.some((file) => file.name === name))
  if (problems.length + strays.length > 0) {
    throw new HaosError('LOCK_INVALID', `the lock file does not pin the ${kubernetes.kind} of the recipe`, {
      at: 'kubernetes',
      hint: 'Restore the lock file from version control; if the recipe is wrong, correct its version and sha256.',
      problems: [...problems, ...strays.map(({name}) => ({path: name, message: 'is not requested'}))],
    })
  }
  const find = ({name}: ReleaseFile) => packages.find((item) => item.name === name)
  return {version, program: find(programOf(kubernetes, arch)), airgap: find(airgapOf(kubernetes, arch))}
}

/** What a pin of a file says in place of what the recipe requests. */
function differences(
  kubernetes: Kubernetes,
  arch: Arch,
  {
    file,
    version,
    packages,
  }: {readonly file: ReleaseFile; readonly version: string; readonly packages: readonly LockedPackage[]},
) {
  const pinned = packages.find(({name}) => name === file.name)
  if (pinned === undefined) return [{path: file.name, message: 'is missing'}]
  const known = file.name === kubernetes.kind ? kubernetes.sha256[arch] : undefined
  const wanted = {version, arch, path: releasePath(version, file), sha256: known ?? pinned.sha256}
  return (Object.keys(wanted) as (keyof typeof wanted)[]).flatMap((path) =>
    pinned[path] === wanted[path] ? [] : [{path, message: `is ${pinned[path]} instead of ${wanted[path]}`}],
  )
}
