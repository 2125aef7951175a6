import {HaosError, parentOf} from '#dsl'
import type {TreeEntry} from '#formats'
import {RootTree} from '../../root-tree.ts'
import {brokenDeb} from '../archive/broken-deb.ts'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {isExcluded} from './excluded-paths.ts'

/** Image path of what the root is configured with; gone when it is. */
export const stageDirectory = '/.haos-build'

/** Directories that the sandbox brings, and where a link would lead it astray. */
const ofSandbox = ['/dev', '/proc', '/run', '/tmp']

/**
 * Places the files of packages into an empty root, one package over another, and records on top.
 *
 * In memory, where links are followed as the kernel would inside that root: what comes out holds no path below a link,
 * so that nothing is written elsewhere when it is unpacked on a disk. Of a directory in several packages the first counts,
 * as with dpkg. Conffiles and what nodes do without are left out.
 */
export function placePackages(packages: readonly DebianPackage[], records: readonly TreeEntry[]): TreeEntry[] {
  const root = new RootTree()
  const listed = new Set<string>()
  // The links of merged /usr must be there before the first path that leads through them.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    root.makeDirectories(`/usr/${name}`)
    root.put({path: `/${name}`, type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: `usr/${name}`})
  }
  for (const item of packages) {
    blaming(item, () => {
      for (const entry of item.files) place(entry, root, listed)
    })
    const astray = ofSandbox.find((path) => !['directory', undefined].includes(root.get(path)?.entry.type))
    if (astray !== undefined) throw brokenDeb(item.tars.archive, `${astray} in it is not a directory`)
  }
  for (const {files, conffiles, tars} of packages) {
    if (files.some(({path}) => path === stageDirectory)) throw brokenDeb(tars.archive, `it holds ${stageDirectory}`)
    for (const path of conffiles) root.remove(path)
    for (const {path} of files) if (isExcluded(mergedUsr(path))) root.remove(path)
  }
  for (const entry of records) {
    const inTheWay = ({path, type}: TreeEntry) => type !== 'directory' && `${entry.path}/`.startsWith(`${path}/`)
    blaming(
      packages.find(({files}) => files.some(inTheWay)),
      () => {
        root.makeDirectories(parentOf(entry.path))
        root.put(entry)
      },
    )
  }
  return root.entries()
}

/** Does something with a tree, for whose paths a package is to blame. */
function blaming(item: DebianPackage | undefined, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (item === undefined || !(error instanceof HaosError) || error.code !== 'PATH_CONFLICT') throw error
    throw brokenDeb(item.tars.archive, error.message)
  }
}

/** Places one path; `listed` holds the directories that packages have brought. */
function place(entry: TreeEntry, root: RootTree, listed: Set<string>): void {
  root.makeDirectories(parentOf(entry.path))
  if (entry.type !== 'directory') {
    root.put(entry)
    return
  }
  const {entry: before} = root.follow(entry.path) ?? {}
  const path = before?.type === 'directory' ? before.path : root.real(entry.path)
  if (path === '/' || listed.has(path)) return
  listed.add(path)
  root.put({...entry, path})
}
