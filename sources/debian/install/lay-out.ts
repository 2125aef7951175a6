import type {TreeEntry} from '#formats'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {isExcluded} from './excluded-paths.ts'
import {foundationOf} from './foundation.ts'

/** How packages get onto an empty disk. */
export interface Layout {
  /** Tar files that are laid over one another; of a directory in several the first counts. */
  readonly tars: readonly string[]
  /** Paths of them that are left out. */
  readonly omit: readonly string[]
  /** What is laid on top: directories as dpkg would leave them, its record of the files, and conffiles that wait for their names. */
  readonly records: readonly TreeEntry[]
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
 */
export function layOut(packages: readonly DebianPackage[]): Layout {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1))
  const foundation = foundationOf(sorted)
  const laid = withoutDisputes(sorted.filter((item) => !needsDpkg(item)))
  const unpacked = sorted.filter((item) => !laid.has(item))
  // dpkg cannot start without the foundation: what it unpacks of that itself, it unpacks over the same files.
  const needed = sorted.filter((item) => laid.has(item) || foundation.has(item))
  const baseFirst = needed.toSorted((a, b) => Number(b.name === 'base-files') - Number(a.name === 'base-files'))
  return {
    tars: baseFirst.map(({tars}) => tars.data),
    omit: needed.flatMap(({files, conffiles}) => [
      ...conffiles,
      ...files.map(({path}) => path).filter((path) => isExcluded(mergedUsr(path))),
    ]),
    records: [...directories(baseFirst), ...dpkgRecords([...laid]), ...[...laid].flatMap(waitingConffiles)],
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

/** Takes out packages that share a path with another one, or lie below what is no directory: dpkg knows who wins. */
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

/**
 * The directories of all packages, each as the first package has it: dpkg leaves one alone that is there.
 *
 * GNU tar 1.34 forgets the mode of a directory (0700 remains) when it meets that again behind a link that it has put off,
 * as it does with links that are absolute or hold `..`.
 */
function directories(packages: readonly DebianPackage[]): TreeEntry[] {
  const first = new Map<string, TreeEntry>()
  for (const {files} of packages) {
    for (const entry of files) {
      // With a slash behind it, a link at the top is followed, too.
      const path = mergedUsr(`${entry.path}/`).replace(/(?<=.)\/+$/, '')
      // The root is there before any package.
      if (entry.type !== 'directory' || path === '/' || isExcluded(path) || first.has(path)) continue
      first.set(path, {...entry, path})
    }
  }
  return [...first.values()]
}

/** What dpkg would have written after unpacking (deb-conffiles(5), dpkg-query(1)): status, and its files for each package. */
function dpkgRecords(packages: readonly DebianPackage[]): TreeEntry[] {
  const status = packages.map(({control, conffiles}) => {
    // The word instead of a digest says that the new file waits under another name.
    const pending = conffiles.map((path) => `\n ${path} newconffile`).join('')
    return `${control}\nStatus: install ok unpacked\n${pending === '' ? '' : `Conffiles:${pending}\n`}`
  })
  return [
    textFile('/var/lib/dpkg/status', status.join('\n')),
    textFile('/var/lib/dpkg/available', ''),
    textFile('/var/lib/dpkg/info/format', '1\n'),
    ...packages.flatMap(({infoName, scripts, files}) => [
      textFile(`/var/lib/dpkg/info/${infoName}.list`, renderList(files)),
      ...[...scripts].map(([name, entry]) => ({...entry, path: `/var/lib/dpkg/info/${infoName}.${name}`})),
    ]),
  ]
}

/** Paths in the order of the archive; the root is written `/.`. */
const renderList = (files: readonly TreeEntry[]): string =>
  files.map(({path}) => (path === '/' ? '/.\n' : `${path}\n`)).join('')

/** A conffile gets its name when the package is configured. */
function waitingConffiles({files, conffiles}: DebianPackage): TreeEntry[] {
  const names = new Set(conffiles)
  return files
    .filter(({path}) => names.has(path))
    .map((entry) => ({...entry, path: `${mergedUsr(entry.path)}.dpkg-new`}))
}

const textFile = (path: string, text: string): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  content: {bytes: Buffer.from(text)},
})
