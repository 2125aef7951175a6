import type {TreeEntry} from '#formats'

/** What a tree shows with another one above it, by path: as overlayfs would (kernel: Documentation/filesystems/overlayfs.rst). */
export function stackTrees(lower: Iterable<TreeEntry>, upper: Iterable<TreeEntry>): Map<string, TreeEntry> {
  const stacked = new Map<string, TreeEntry>()
  for (const entry of lower) stacked.set(entry.path, entry)
  const hiding: string[] = []
  for (const entry of upper) {
    if (isWhiteout(entry)) stacked.delete(entry.path)
    else stacked.set(entry.path, entry)
    if (entry.type !== 'directory') hiding.push(entry.path)
  }
  const hidden = new Set(hiding)
  for (const path of stacked.keys()) if (ancestors(path).some((above) => hidden.has(above))) stacked.delete(path)
  return stacked
}

/** Hides a path of the tree below. */
export const whiteout = (path: string): TreeEntry => ({
  path,
  type: 'character-device',
  mode: 0,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
})

const isWhiteout = ({type, major, minor}: TreeEntry): boolean =>
  type === 'character-device' && major === 0 && minor === 0

/** The directories that a path lies in, without the root: of `/a/b/c` they are `/a` and `/a/b`. */
export const ancestors = (path: string): string[] =>
  [...path.matchAll(/\//g)].flatMap(({index}) => (index === 0 ? [] : [path.slice(0, index)]))
