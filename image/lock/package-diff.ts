import type {LockedPackage} from '../source.ts'
import type {Lockfile} from './lockfile.ts'

/** A package whose version changed. */
export interface PackageChange {
  readonly before: LockedPackage
  readonly after: LockedPackage
}

/** Changes between two resolutions. */
export interface PackageDiff {
  readonly added: readonly LockedPackage[]
  readonly removed: readonly LockedPackage[]
  readonly changed: readonly PackageChange[]
  /** Change in the size of all archives together, in bytes. */
  readonly sizeBytes: number
}

/** Compares two resolved sets. The same name for two architectures counts as two packages. */
export function diffPackages(before: readonly LockedPackage[], after: readonly LockedPackage[]): PackageDiff {
  const [old, fresh] = [byName(before), byName(after)]
  return {
    added: [...fresh].flatMap(([key, item]) => (old.has(key) ? [] : [item])),
    removed: [...old].flatMap(([key, item]) => (fresh.has(key) ? [] : [item])),
    changed: [...fresh].flatMap(([key, item]) => {
      const earlier = old.get(key)
      return earlier && earlier.sha256 !== item.sha256 ? [{before: earlier, after: item}] : []
    }),
    sizeBytes: totalSize(after) - totalSize(before),
  }
}

/** Compares two lock files set by set; omits sets without changes. */
export function diffLockfiles(before: Lockfile, after: Lockfile): ReadonlyMap<string, PackageDiff> {
  const names = [...new Set([...Object.keys(before.sets), ...Object.keys(after.sets)])].sort()
  const diffs = names.map((name): [string, PackageDiff] => [
    name,
    diffPackages(before.sets[name]?.packages ?? [], after.sets[name]?.packages ?? []),
  ])
  return new Map(diffs.filter(([, {added, removed, changed}]) => added.length + removed.length + changed.length > 0))
}

/** Lines of text: for each set a heading with totals, then one line per package. A new set has only the heading. */
export function renderLockfileDiff(diffs: ReadonlyMap<string, PackageDiff>): readonly string[] {
  return [...diffs].flatMap(([name, diff]) => {
    const {added, removed, changed, sizeBytes} = diff
    if (removed.length + changed.length === 0) {
      return [`${name}: ${count(added.length, 'package')} pinned, ${renderSize(sizeBytes)}`]
    }
    const counts = [`${changed.length} changed`, `${added.length} added`, `${removed.length} removed`].join(', ')
    return [`${name}: ${counts}, ${renderSize(sizeBytes)}`, ...renderPackageDiff(diff)]
  })
}

/** One line per package, sorted by name: `+` added, `-` removed, `~` changed. */
export function renderPackageDiff({added, removed, changed}: PackageDiff): readonly string[] {
  const lines = [
    ...added.map((item) => ({name: item.name, line: `  + ${item.name} ${item.version}`})),
    ...removed.map((item) => ({name: item.name, line: `  - ${item.name} ${item.version}`})),
    ...changed.map(({before, after}) => ({name: after.name, line: `  ~ ${after.name} ${renderChange(before, after)}`})),
  ]
  return lines.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({line}) => line)
}

/** Changed bytes under the same version deserve a second look, so they are listed. */
const renderChange = (before: LockedPackage, after: LockedPackage): string =>
  before.version === after.version ? `${after.version} (another build)` : `${before.version} → ${after.version}`

const byName = (packages: readonly LockedPackage[]): Map<string, LockedPackage> =>
  new Map(packages.map((item) => [`${item.name}:${item.arch}`, item]))

const totalSize = (packages: readonly LockedPackage[]): number =>
  packages.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

function renderSize(bytes: number): string {
  const sign = bytes < 0 ? '−' : '+'
  const size = Math.abs(bytes)
  return size < 1 << 20 ? `${sign}${Math.round(size / 1024)} KiB` : `${sign}${(size / (1 << 20)).toFixed(1)} MiB`
}
