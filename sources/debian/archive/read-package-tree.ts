import {readTree, type TreeEntry} from '#formats'
import {brokenDeb, type DebArchive} from './broken-deb.ts'

/** Debian's packages have at most some hundred thousand paths. */
const MAX_ENTRIES = 1_000_000

/** The largest id in the user namespace in which packages are installed. */
const MAX_ID = 65_535

/**
 * Reads the paths of a package's tar file. Refuses paths that lead out of the root or would break the lines of dpkg's
 * database, devices, and owners that the system cannot have.
 */
export async function* readPackageTree(tar: string, archive: DebArchive): AsyncGenerator<TreeEntry> {
  let count = 0
  const files = new Set<string>()
  const damaged = (problem: string) => brokenDeb(archive, problem)
  for await (const entry of readTree(tar, {damaged})) {
    count += 1
    if (count > MAX_ENTRIES) throw damaged(`it has more than ${MAX_ENTRIES} paths`)
    const {path, type, target, uid, gid} = entry
    if (!isUsable(path)) throw damaged(`it holds the invalid path ${shown(path)}`)
    if (type === 'block-device' || type === 'character-device')
      throw damaged(`it holds the device ${path}, and packages must not contain devices`)
    if (type === 'file') files.add(path)
    if (type === 'hardlink' && !files.has(target ?? ''))
      throw damaged(`${path} is a hard link to ${shown(target ?? '')}, which is not an earlier file`)
    if (type === 'symlink' && !/^[^\0\n]{1,4095}$/.test(target ?? ''))
      throw damaged(`${path} is a symlink to an invalid path`)
    if (![uid, gid].every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_ID))
      throw damaged(`${path} belongs to ${uid}:${gid}`)
    yield entry
  }
}

const isUsable = (path: string): boolean =>
  path.length <= 4095 && !/[\u0000-\u001f\u007f]/.test(path) && !path.split('/').includes('..')

const shown = (path: string): string => JSON.stringify(path.slice(0, 200))
