import type {TreeEntry} from '#formats'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {dpkgRecords, pendingConffiles} from './dpkg-records.ts'
import {foundationOf} from './foundation.ts'
import {placePackages} from './place-packages.ts'

/** How packages get onto an empty disk. */
export interface Layout {
  /** The tree before dpkg starts: files of packages, dpkg's database of them, and conffiles under temporary names. */
  readonly entries: readonly TreeEntry[]
  /** Packages that dpkg unpacks itself, before and after the foundation is configured. */
  readonly unpackFirst: readonly DebianPackage[]
  readonly unpackThen: readonly DebianPackage[]
  /** Names of the packages that are configured first. */
  readonly foundation: readonly string[]
}

/**
 * Unpacks most packages without dpkg.
 *
 * dpkg unpacks one archive after another, with six processes for each, which takes longer than all maintainer
 * scripts. For four packages of five, unpacking only creates files: we write those, and the same database as
 * dpkg would ("install ok unpacked"). dpkg unpacks the others: see `needsDpkg`.
 * Fails with PACKAGE_INVALID or PATH_CONFLICT.
 */
export function layOut(packages: readonly DebianPackage[]): Layout {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1))
  const foundation = foundationOf(sorted)
  const laid = withoutSharedPaths(sorted.filter((item) => !needsDpkg(item)))
  const unpacked = sorted.filter((item) => !laid.has(item))
  // dpkg cannot start without the foundation; packages of it that dpkg unpacks itself overwrite the same files.
  const needed = sorted.filter((item) => laid.has(item) || foundation.has(item))
  const baseFirst = needed.toSorted((a, b) => Number(b.name === 'base-files') - Number(a.name === 'base-files'))
  const records = [...dpkgRecords([...laid]), ...[...laid].flatMap(pendingConffiles)]
  return {
    entries: placePackages(baseFirst, records),
    unpackFirst: unpacked.filter((item) => foundation.has(item)),
    unpackThen: unpacked.filter((item) => !foundation.has(item)),
    foundation: sorted.filter((item) => foundation.has(item)).map(({name}) => name),
  }
}

/**
 * Whether unpacking a package involves more than its files: a preinst script, triggers that it activates, conffiles that
 * it removes, or checksums that dpkg has to compute.
 */
const needsDpkg = ({scripts, triggers, conffiles}: DebianPackage): boolean =>
  scripts.has('preinst') ||
  !scripts.has('md5sums') ||
  triggers.some((line) => line.trim().startsWith('interest')) ||
  conffiles.some((line) => !line.startsWith('/'))

/** Excludes packages that share a path with another one, or have paths below a non-directory: dpkg decides which one wins. */
function withoutSharedPaths(packages: readonly DebianPackage[]): ReadonlySet<DebianPackage> {
  const calm = new Set(packages)
  const owners = new Map<string, {owner: DebianPackage; isDirectory: boolean}>()
  for (const item of packages) {
    for (const {path, type} of item.files) {
      const place = mergedUsr(path)
      const isDirectory = type === 'directory'
      const known = owners.get(place)
      if (known === undefined) {
        owners.set(place, {owner: item, isDirectory})
      } else if (!known.isDirectory || !isDirectory) {
        calm.delete(item)
        calm.delete(known.owner)
      }
    }
  }
  for (const item of packages) {
    const strays = item.files.some(({path}) => {
      const parent = mergedUsr(path).replace(/\/[^/]*$/, '')
      return owners.get(parent)?.isDirectory === false
    })
    if (strays) calm.delete(item)
  }
  return calm
}
