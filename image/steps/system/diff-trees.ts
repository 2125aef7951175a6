import {isDeepStrictEqual} from 'node:util'
import {contentSize, readContent, type TreeEntry} from '#formats'
import {ancestors, whiteout} from './stack-trees.ts'

type Tree = ReadonlyMap<string, TreeEntry>

/**
 * The overlayfs layer that turns one tree into another: new and changed entries, whiteouts, and their parent
 * directories.
 *
 * Hard links count as separate files: which of the names an archive stores as the link is arbitrary.
 */
export async function diffTrees(before: Tree, after: Tree): Promise<TreeEntry[]> {
  const layer = new Map<string, TreeEntry>()
  for (const path of after.keys()) {
    const entry = resolved(after, path)
    if (entry !== undefined && !(await isSame(resolved(before, path), entry))) layer.set(path, entry)
  }
  for (const path of before.keys()) {
    const above = ancestors(path)
    if (after.has(path) || above.some((at) => after.get(at)?.type !== 'directory')) continue
    layer.set(path, whiteout(path))
  }
  for (const path of [...layer.keys()])
    for (const at of ancestors(path)) {
      const directory = after.get(at)
      if (directory !== undefined && !layer.has(at)) layer.set(at, directory)
    }
  return [...layer.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The entry at a path; for a hard link, the file itself. */
function resolved(tree: Tree, path: string): TreeEntry | undefined {
  const entry = tree.get(path)
  const shared = entry?.type === 'hardlink' ? tree.get(entry.target ?? '') : entry
  return shared && {...shared, path}
}

async function isSame(a: TreeEntry | undefined, b: TreeEntry): Promise<boolean> {
  if (a === undefined || contentSize(a.content) !== contentSize(b.content)) return false
  if (!isDeepStrictEqual(metadata(a), metadata(b))) return false
  if (a.content === undefined || b.content === undefined) return a.content === b.content
  return Buffer.compare(await readContent(a.content), await readContent(b.content)) === 0
}

const metadata = ({type, mode, uid, gid, target = '', major = 0, minor = 0, xattrs = {}}: TreeEntry) => ({
  type,
  // A symlink has no permissions.
  mode: type === 'symlink' ? 0 : mode,
  uid,
  gid,
  target,
  major,
  minor,
  xattrs: Object.fromEntries(Object.entries(xattrs).map(([key, value]) => [key, [...value]])),
})
