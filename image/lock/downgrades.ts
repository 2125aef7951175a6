import {HaosError} from '#dsl'
import type {LockedPackage} from '../source.ts'
import type {PackageChange} from './package-diff.ts'

/** Compares two versions: negative if the first is earlier. */
export type CompareVersions = (a: string, b: string) => number

/**
 * Packages that would be downgraded.
 *
 * Some, such as kernels, have their version in their name: a removed package is compared with an added one whose
 * name differs only in numbers.
 */
export function findDowngrades(
  before: readonly LockedPackage[],
  after: readonly LockedPackage[],
  compare: CompareVersions,
): PackageChange[] {
  const [old, fresh] = [newestByKey(before, nameKey, compare), newestByKey(after, nameKey, compare)]
  const isLower = (change: PackageChange) => compare(change.after.version, change.before.version) < 0
  const same = [...fresh].flatMap(([key, item]) => pairOf(old.get(key), item))
  const gone = before.filter((item) => !fresh.has(nameKey(item)))
  const come = after.filter((item) => !old.has(nameKey(item)))
  const [oldStems, freshStems] = [newestByKey(gone, stemKey, compare), newestByKey(come, stemKey, compare)]
  const renamed = [...freshStems].flatMap(([key, item]) => pairOf(oldStems.get(key), item))
  return [...same, ...renamed].filter(isLower)
}

const pairOf = (before: LockedPackage | undefined, after: LockedPackage): PackageChange[] =>
  before === undefined ? [] : [{before, after}]

const nameKey = ({name}: LockedPackage): string => name

const stemKey = ({name}: LockedPackage): string => name.replaceAll(/\d+/g, '#')

function newestByKey(
  packages: readonly LockedPackage[],
  keyOf: (item: LockedPackage) => string,
  compare: CompareVersions,
): ReadonlyMap<string, LockedPackage> {
  const newest = new Map<string, LockedPackage>()
  for (const item of packages) {
    const known = newest.get(keyOf(item))
    if (known === undefined || compare(item.version, known.version) > 0) newest.set(keyOf(item), item)
  }
  return newest
}

/** One line of text. */
export const renderDowngrade = ({before, after}: PackageChange): string =>
  before.name === after.name
    ? `${after.name} is downgraded from ${before.version} to ${after.version}`
    : `${before.name} ${before.version} is downgraded to ${after.name} ${after.version}`

/** The packages that a new lock file would downgrade, by their set. */
export function downgradeError(changes: ReadonlyMap<string, readonly PackageChange[]>): HaosError {
  const problems = [...changes].flatMap(([path, lowered]) =>
    lowered.map((change) => ({path, message: renderDowngrade(change)})),
  )
  const what = problems.length === 1 ? 'a package' : `${problems.length} packages`
  return new HaosError('PACKAGE_DOWNGRADED', `${what} would be downgraded`, {
    at: 'haos.lock.json',
    problems,
    hint: 'Find out why a mirror has earlier versions than the lock file pins: it may be stale, or withhold fixes. If you want the earlier versions, as after a change of the release, run `haos-build lock --update --allow-downgrade`.',
  })
}
