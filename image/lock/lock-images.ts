import type {Arch, Base, ImageSpec} from '#dsl'
import {HaosError, nearest, ofRecipe} from '#dsl'
import type {Digest, EmitEvent, Http} from '#engine'
import {compareReleases, lockKubernetes} from '../kubernetes/lock-release.ts'
import {kubernetesRequest} from '../kubernetes/pinned-release.ts'
import type {LockedSet, PackageSource, PinnedPackages} from '../source.ts'
import {downgradeError, findDowngrades, renderDowngrade} from './downgrades.ts'
import {baseFor, imageRequests, type LockPurpose, purposes, requestDigest, setName} from './image-requests.ts'
import {findSet} from './locked-set.ts'
import type {Lockfile} from './lockfile.ts'
import type {PackageChange} from './package-diff.ts'
import type {Variant} from './variant.ts'

export interface LockOptions {
  readonly source: (base: Base) => PackageSource<Base>
  readonly http: Http
  readonly cacheDir: string
  readonly signal: AbortSignal
  readonly emit: EmitEvent
  /** Adds a file to the store and returns its digest. */
  readonly keep: (path: string) => Promise<Digest>
  /**
   * `true`: resolve pinned packages again. Names: only these packages, and those whose version cannot be kept with
   * them. `false`: only packages that are missing or were pinned for another recipe.
   */
  readonly update: boolean | readonly string[]
  /** Accept versions earlier than the pinned ones, with an alarm event for each. */
  readonly allowDowngrade: boolean
  /** Errors name the recipe, because there are several. */
  readonly nameRecipe: boolean
}

/** An image whose packages are to be pinned. */
interface LockedImage {
  readonly spec: ImageSpec
  readonly arch: Arch
  readonly variant: Variant
  /** The recipe file as the user named it, and its directory. */
  readonly recipe: string
  readonly directory: string
}

/**
 * Resolves the images' requests and returns the new lock file. Sets of other images stay unchanged.
 *
 * Downgrades no package unless that is allowed, or the recipe requests `name=version`. Fails with PACKAGE_DOWNGRADED,
 * and with PACKAGE_NOT_FOUND for a name to update that is not pinned.
 */
export async function lockImages(
  images: readonly LockedImage[],
  lockfile: Lockfile,
  {source: sourceOf, update, allowDowngrade, nameRecipe, ...context}: LockOptions,
): Promise<Lockfile> {
  const sets = {...lockfile.sets}
  const names = typeof update === 'boolean' ? [] : update
  const found = new Set<string>()
  const lowered = new Map<string, readonly PackageChange[]>()
  const isDue = (set: LockedSet | undefined, request: string, asked: readonly string[]): boolean => {
    const known = [...(set?.packages ?? []).map(({name}) => name), ...asked]
    const due = names.filter((name) => known.includes(name))
    for (const name of due) found.add(name)
    return update === true || due.length > 0 || set?.request !== request
  }
  for (const {spec, arch, variant, recipe, directory} of images) {
    const blame = (error: unknown): never => {
      throw nameRecipe ? ofRecipe(error, recipe) : error
    }
    const nameOf = (purpose: LockPurpose) => setName(spec.name, arch, purpose, variant.pins[purpose])
    const setOf = (purpose: LockPurpose, request: string) =>
      findSet({...lockfile, sets}, variant, {image: spec.name, arch, purpose, request})
    const requests = imageRequests(spec, sourceOf(baseFor(spec, 'kernel')).wellKnown(arch))
    for (const purpose of purposes) {
      const name = nameOf(purpose)
      const request = requestDigest(requests[purpose], arch)
      const set = setOf(purpose, request)
      if (!isDue(set, request, requests[purpose].names)) {
        if (set !== undefined) sets[name] = {request, packages: [...set.packages]}
        continue
      }
      context.emit({type: 'note', message: `resolving ${name}`})
      const pinned: PinnedPackages | undefined =
        set && names.length > 0 ? {packages: set.packages, update: names} : undefined
      const source = sourceOf(baseFor(spec, purpose))
      const wanted = {...requests[purpose], pinned}
      const packages =
        wanted.names.length === 0
          ? []
          : await source.lock(wanted, {...context, arch, recipeDirectory: directory}).catch(blame)
      const asked = exactNames(requests[purpose].names)
      const lower = findDowngrades(setBefore(lockfile, name, set), packages, source.compareVersions)
      lowered.set(
        name,
        // The user chooses the version of a file next to the recipe.
        lower.filter(({after}) => !asked.has(after.name) && after.archive !== 'local'),
      )
      sets[name] = {request, packages: [...packages]}
    }
    const name = nameOf('kubernetes')
    const request = kubernetesRequest(spec, arch)
    const set = request === undefined ? undefined : setOf('kubernetes', request)
    if (request === undefined || spec.kubernetes === undefined) delete sets[name]
    else if (isDue(set, request, [spec.kubernetes.kind])) {
      const packages = await lockKubernetes(spec.kubernetes, arch, context).catch(blame)
      // The user chooses a version, but not that of a channel.
      if (spec.kubernetes.version === undefined)
        lowered.set(name, findDowngrades(setBefore(lockfile, name, set), packages, compareReleases))
      sets[name] = {request, packages}
    }
  }
  const changes = [...lowered].filter(([, list]) => list.length > 0)
  if (changes.length > 0 && !allowDowngrade) throw downgradeError(new Map(changes))
  for (const [set, list] of changes)
    for (const change of list) context.emit({type: 'alarm', message: `${set}: ${renderDowngrade(change)}`})
  const lacking = names.find((name) => !found.has(name))
  if (lacking !== undefined) throw notPinned(lacking, {...lockfile, sets})
  return {...lockfile, sets}
}

/** The pinned set, even for another request: a changed request must not downgrade either. */
const setBefore = ({sets}: Lockfile, name: string, found: LockedSet | undefined) =>
  (sets[name] ?? found)?.packages ?? []

/** Names whose version the recipe sets. */
const exactNames = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.flatMap((word) => /^([^<>=~@!]+)=/.exec(word)?.[1] ?? []))

/** The error for a package that a lock file does not pin. */
export function notPinned(name: string, {sets}: Lockfile): HaosError {
  const known = new Set(Object.values(sets).flatMap(({packages}) => packages.map((item) => item.name)))
  const guess = nearest(name, known)
  return new HaosError('PACKAGE_NOT_FOUND', `the lock file does not pin ${name}`, {
    hint: guess === undefined ? 'haos.lock.json lists all packages of the image.' : `Did you mean ${guess}?`,
  })
}
