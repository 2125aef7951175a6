import {readTree, type TreeEntry} from '#formats'
import {brokenDeb, type DebArchive} from './broken-deb.ts'

/** A package of Debian has at most some hundred thousand paths. */
const MAX_ENTRIES = 1_000_000

/** As many as a namespace of users has, which is where packages are installed. */
const MAX_ID = 65_535

/**
 * Reads the paths of a package's tar file and refuses what no package may hold: paths that lead out of the root or would
 * break the lines of dpkg's records, devices, and owners that no system has.
 */
export async function* readPackageTree(tar: string, archive: DebArchive): AsyncGenerator<TreeEntry> {
  let count = 0
  const files = new Set<string>()
  const damaged = (problem: string) => brokenDeb(archive, problem)
  for await (const entry of readTree(tar, {damaged})) {
    count += 1
    if (count > MAX_ENTRIES) throw damaged(`it has more than ${MAX_ENTRIES} paths`)
    const {path, type, target, uid, gid} = entry
    if (!isUsable(path)) throw damaged(`it holds the path ${shown(path)}, which no package may`)
    if (type === 'block-device' || type === 'character-device')
      throw damaged(`it holds the device ${path}, which no package may`)
    if (type === 'file') files.add(path)
    if (type === 'hardlink' && !files.has(target ?? ''))
      throw damaged(`${path} is a hard link to ${shown(target ?? '')}, which is not an earlier file`)
    if (type === 'symlink' && !/^[^\0\n]{1,4095}$/.test(target ?? ''))
      throw damaged(`${path} is a link to no usable path`)
    if (![uid, gid].every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_ID))
      throw damaged(`${path} belongs to ${uid}:${gid}`)
    yield entry
  }
}

const isUsable = (path: string): boolean =>
  path.length <= 4095 && !/[\u0000-\u001f\u007f]/.test(path) && !path.split('/').includes('..')

const shown = (path: string): string => JSON.stringify(path.slice(0, 200))
