import {HaosError} from '#dsl'
import type {EmitEvent} from '#engine'
import type {PinnedPackages} from '#image'
import type {PackageIndex} from '../index/package-index.ts'
import type {RepositoryTags} from './repository-tags.ts'
import {type SolvedPackage, solvePackages} from './solve-packages.ts'

interface SolvePinnedOptions {
  readonly pinned: PinnedPackages | undefined
  readonly emit: EmitEvent
}

/**
 * Solves with pinned packages: each exists only in its pinned version, if the repositories still have it.
 *
 * If the rest is incompatible with the updates, everything is chosen again, with a note.
 */
export function solvePinned(
  index: PackageIndex,
  tags: RepositoryTags,
  requests: readonly string[],
  {pinned, emit}: SolvePinnedOptions,
): readonly SolvedPackage[] {
  if (pinned === undefined) return solvePackages(index, tags, requests)
  const {allows, gone} = pinsOf(index, pinned)
  if (gone.length > 0)
    emit({type: 'note', message: `no longer in the repositories, and updated too: ${gone.join(', ')}`})
  try {
    return solvePackages(index, tags, requests, {allows})
  } catch (error) {
    if (!(error instanceof HaosError) || !/^PACKAGE_/.test(error.code)) throw error
    const solution = solvePackages(index, tags, requests)
    emit({
      type: 'note',
      message: `the other packages cannot keep their versions: ${error.message}; all are chosen again`,
    })
    return solution
  }
}

/** What may be chosen, and the pinned packages that no longer exist. */
function pinsOf(index: PackageIndex, {packages, update}: PinnedPackages) {
  const versions = new Map(packages.map(({name, version}) => [name, version]))
  const candidates = new Map<string, {readonly pkg: number; readonly version: string; readonly origin: string}[]>()
  for (let pkg = 0; pkg < index.size; pkg++) {
    const name = index.names.text(index.nameOf(pkg))
    if (!versions.has(name)) continue
    const item = {pkg, version: index.versionOf(pkg), origin: index.recordOf(pkg)['o'] ?? name}
    candidates.set(name, [...(candidates.get(name) ?? []), item])
  }
  // Packages from one source depend on each other in exactly the same version.
  const updated = new Set(update.flatMap((name) => candidates.get(name) ?? []).map(({origin}) => origin))
  const forbidden = new Set<number>()
  const gone: string[] = []
  for (const [name, items] of candidates) {
    if (update.includes(name) || items.some(({origin}) => updated.has(origin))) continue
    const others = items.filter(({version}) => version !== versions.get(name))
    if (others.length === items.length) gone.push(name)
    else for (const {pkg} of others) forbidden.add(pkg)
  }
  return {allows: (pkg: number) => !forbidden.has(pkg), gone}
}
