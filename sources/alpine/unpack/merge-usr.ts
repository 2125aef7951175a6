import {HaosError} from '#dsl'
import {readContent, type TreeEntry} from '#formats'

/** Directories whose content moves below `/usr`; symlinks replace them. Alpine keeps them separate. */
const moved = ['bin', 'sbin', 'lib'] as const

/**
 * Moves programs and libraries to `/usr`: a node's system lies there, in read-only layers.
 *
 * Removes a symlink that would replace its own target. Throws PATH_CONFLICT for different files at one path.
 */
export async function mergeUsr(entries: Iterable<TreeEntry>): Promise<TreeEntry[]> {
  const merged = new Map<string, TreeEntry>()
  for (const entry of entries) {
    const path = mergedPath(entry.path)
    if (path !== entry.path && entry.type === 'directory' && merged.has(path)) continue
    const target =
      entry.type === 'hardlink'
        ? mergedPath(entry.target ?? '')
        : entry.type === 'symlink'
          ? mergedTarget(entry.path, entry.target ?? '')
          : entry.target
    const next = {...entry, path, ...(target !== undefined && {target})}
    if (next.type === 'symlink' && next.target === path) continue
    const before = merged.get(path)
    if (before === undefined || before.type === 'directory') merged.set(path, next)
    else if (before.type === 'symlink' && next.type !== 'symlink') merged.set(path, next)
    else if (next.type !== 'symlink' && !(await isSame(before, next))) throw conflict(path)
  }
  for (const name of moved) {
    if (!merged.has(`/usr/${name}`)) continue
    merged.set(`/${name}`, {path: `/${name}`, type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: `usr/${name}`})
  }
  return [...merged.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The path in a merged system for a path in a system with separate directories. */
export const mergedPath = (path: string): string => (/^\/(?:bin|sbin|lib)(?:\/|$)/.test(path) ? `/usr${path}` : path)

/** A relative target refers to the old location; if the symlink has moved, the target becomes absolute. */
function mergedTarget(path: string, target: string): string {
  if (target.startsWith('/')) return mergedPath(target)
  if (mergedPath(path) === path && !/^(?:\.\.\/)+(?:bin|sbin|lib)\//.test(target)) return target
  const parts = path.split('/').slice(1, -1)
  for (const word of target.split('/')) {
    if (word === '..') parts.pop()
    else if (word !== '.' && word !== '') parts.push(word)
  }
  const whole = mergedPath(`/${parts.join('/')}`)
  const from = mergedPath(path).replace(/[^/]*$/, '')
  return whole.startsWith(from) && !whole.slice(from.length).includes('/') ? whole.slice(from.length) : whole
}

async function isSame(a: TreeEntry, b: TreeEntry): Promise<boolean> {
  if (a.type !== 'file' || b.type !== 'file' || !a.content || !b.content) return false
  return Buffer.from(await readContent(a.content)).equals(Buffer.from(await readContent(b.content)))
}

const conflict = (path: string): HaosError =>
  new HaosError('PATH_CONFLICT', `two files become ${path} when programs and libraries move to /usr`, {
    at: path,
    hint: 'Leave out one of the packages that contain them.',
  })
