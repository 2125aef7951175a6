import {HaosError, parentOf} from '#dsl'
import type {TreeEntry} from '#formats'
import {RootTree} from '../../root-tree.ts'
import {brokenDeb} from '../archive/broken-deb.ts'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {isExcluded} from './excluded-paths.ts'

/** Image path of the configuring script and its inputs; removed afterwards. */
export const stageDirectory = '/.haos-build'

/** Directories that the sandbox mounts; symlinks there would redirect the mounts. */
const sandboxMounts = ['/dev', '/proc', '/run', '/tmp']

/**
 * Places the files of packages into an empty root, one package over another, and the database on top.
 *
 * It works in memory and follows symlinks as the kernel would inside that root. The result has no path below a symlink,
 * so that unpacking it on a disk writes nothing elsewhere. For a directory in several packages the first one counts, as
 * with dpkg. Conffiles and excluded paths are left out.
 */
export function placePackages(packages: readonly DebianPackage[], records: readonly TreeEntry[]): TreeEntry[] {
  const root = new RootTree()
  const listed = new Set<string>()
  // The symlinks of merged /usr must exist before the first path that leads through them.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    root.makeDirectories(`/usr/${name}`)
    root.put({path: `/${name}`, type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: `usr/${name}`})
  }
  for (const item of packages) {
    blaming(item, () => {
      for (const entry of item.files) place(entry, root, listed)
    })
    const astray = sandboxMounts.find((path) => !['directory', undefined].includes(root.get(path)?.entry.type))
    if (astray !== undefined) throw brokenDeb(item.tars.archive, `its ${astray} is not a directory`)
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

/** Runs an action, and attributes its path conflicts to a package. */
function blaming(item: DebianPackage | undefined, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (item === undefined || !(error instanceof HaosError) || error.code !== 'PATH_CONFLICT') throw error
    throw brokenDeb(item.tars.archive, error.message)
  }
}

/** Places one path; `listed` holds the directories of earlier packages. */
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
