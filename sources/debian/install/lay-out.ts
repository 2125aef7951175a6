import type {TreeEntry} from '#formats'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {dpkgRecords, waitingConffiles} from './dpkg-records.ts'
import {foundationOf} from './foundation.ts'
import {placePackages} from './place-packages.ts'

/** How packages get onto an empty disk. */
export interface Layout {
  /** What lies there before dpkg starts: files of packages, its record of them, and conffiles that wait for their names. */
  readonly entries: readonly TreeEntry[]
  /** Packages that dpkg unpacks itself, before and after the foundation is configured. */
  readonly unpackFirst: readonly DebianPackage[]
  readonly unpackThen: readonly DebianPackage[]
  /** Names of the packages that are configured first. */
  readonly foundation: readonly string[]
}

/**
 * Lays packages out, so that dpkg finds most of them unpacked.
 *
 * dpkg unpacks one archive after another, with six processes for each, which takes longer than all maintainer
 * scripts. Where unpacking is nothing but files, which holds for four packages of five, we do it and write down the
 * same as dpkg would ("install ok unpacked"). Whatever needs more than that is left to dpkg: see `needsDpkg`.
 * Fails with PACKAGE_INVALID or PATH_CONFLICT.
 */
export function layOut(packages: readonly DebianPackage[]): Layout {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1))
  const foundation = foundationOf(sorted)
  const laid = withoutDisputes(sorted.filter((item) => !needsDpkg(item)))
  const unpacked = sorted.filter((item) => !laid.has(item))
  // dpkg cannot start without the foundation: what it unpacks of that itself, it unpacks over the same files.
  const needed = sorted.filter((item) => laid.has(item) || foundation.has(item))
  const baseFirst = needed.toSorted((a, b) => Number(b.name === 'base-files') - Number(a.name === 'base-files'))
  const records = [...dpkgRecords([...laid]), ...[...laid].flatMap(waitingConffiles)]
  return {
    entries: placePackages(baseFirst, records),
    unpackFirst: unpacked.filter((item) => foundation.has(item)),
    unpackThen: unpacked.filter((item) => !foundation.has(item)),
    foundation: sorted.filter((item) => foundation.has(item)).map(({name}) => name),
  }
}

/**
 * Tells whether unpacking a package is more than its files: a script that runs before, triggers that others set off,
 * conffiles that are taken away, or checksums that dpkg has to make.
 */
const needsDpkg = ({scripts, triggers, conffiles}: DebianPackage): boolean =>
  scripts.has('preinst') ||
  !scripts.has('md5sums') ||
  triggers.some((line) => line.trim().startsWith('interest')) ||
  conffiles.some((line) => !line.startsWith('/'))

/** Excludes packages that share a path with another one, or have paths below something other than a directory: dpkg decides which wins. */
function withoutDisputes(packages: readonly DebianPackage[]): ReadonlySet<DebianPackage> {
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
