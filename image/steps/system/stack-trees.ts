import type {TreeEntry} from '#formats'

/** Merges two trees, by path, as overlayfs would (kernel: Documentation/filesystems/overlayfs.rst). */
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

/** A whiteout, which hides a path of the tree below. */
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

/** The parent directories of a path, without the root: `/a` and `/a/b` for `/a/b/c`. */
export const ancestors = (path: string): string[] =>
  [...path.matchAll(/\//g)].flatMap(({index}) => (index === 0 ? [] : [path.slice(0, index)]))
