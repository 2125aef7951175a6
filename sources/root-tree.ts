import {HaosError, parentOf} from '#dsl'
import type {TreeEntry} from '#formats'

/** Owner and mode of a directory, as packages ask for them. */
export interface DirectoryAccess {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

interface Place {
  entry: TreeEntry
  /** Number of the package that the path belongs to. */
  owner?: number | undefined
  /** For directories: the packages' requests so far. */
  access?: DirectoryAccess | undefined
}

/** Links that one path may lead through, as in Linux. */
const MAX_LINKS = 40

/**
 * The root that packages are installed to, in memory: what is at which path, and whose it is.
 *
 * Symlinks are followed as the kernel would inside this root, so no path leads out of it.
 */
export class RootTree {
  readonly #places = new Map<string, Place>([
    ['/', {entry: {path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0}}],
  ])
  /** Files that have other names: what replaces one must leave the content to the next name. */
  readonly #linked = new Map<string, Set<string>>()

  /** What is at a path, itself not followed. */
  get(path: string): Place | undefined {
    return this.#places.get(this.real(path))
  }

  /** The path with all links of its parents followed. */
  real(path: string): string {
    let links = 0
    let done = ''
    const open = path.split('/').filter((part) => part !== '')
    for (let part = open.shift(); part !== undefined; part = open.shift()) {
      if (part === '..') {
        done = done.slice(0, Math.max(done.lastIndexOf('/'), 0))
        continue
      }
      if (part === '.') continue
      const next = `${done}/${part}`
      const {entry} = this.#places.get(next) ?? {}
      if (open.length === 0 || entry?.type !== 'symlink') {
        done = next
        continue
      }
      if (++links > MAX_LINKS) throw conflict(`${path} leads through too many links`)
      const target = entry.target ?? ''
      if (target.startsWith('/')) done = ''
      open.unshift(...target.split('/').filter((word) => word !== ''))
    }
    return done === '' ? '/' : done
  }

  /** What a path leads to when links are followed to the end. */
  follow(path: string): Place | undefined {
    let at = path
    for (let links = 0; links < MAX_LINKS; links++) {
      const place = this.get(at)
      if (place?.entry.type !== 'symlink') return place
      const target = place.entry.target ?? ''
      at = target.startsWith('/') ? target : `${parentOf(place.entry.path)}/${target}`
    }
    return undefined
  }

  has = (path: string): boolean => this.get(path) !== undefined

  /** Puts an entry where its path leads, replacing any other. Throws PATH_CONFLICT if a parent is not a directory. */
  put(
    entry: TreeEntry,
    {owner, access}: {owner?: number | undefined; access?: DirectoryAccess | undefined} = {},
  ): void {
    const path = this.real(entry.path)
    const parent = this.#places.get(parentOf(path))
    if (parent?.entry.type !== 'directory')
      throw conflict(`${entry.path} cannot be there: ${parentOf(path)} is ${parent ? 'no directory' : 'missing'}`)
    const before = this.#places.get(path)
    if (before?.entry.type === 'directory' && entry.type !== 'directory')
      throw conflict(`${entry.path} is a directory, and cannot become a ${entry.type}`)
    if (before) this.#release(before.entry)
    const target = entry.type === 'hardlink' ? this.real(entry.target ?? '') : undefined
    if (target !== undefined) this.#linked.set(target, (this.#linked.get(target) ?? new Set()).add(path))
    this.#places.set(path, {entry: {...entry, path, ...(target !== undefined && {target})}, owner, access})
  }

  /** Makes a directory and, as `mkdir -p`, its parents. Leaves what is there. Throws PATH_CONFLICT for a link to nowhere. */
  makeDirectories(path: string, mode = 0o755): void {
    if (path === '/' || this.follow(path) !== undefined) return
    if (this.has(path)) throw conflict(`${path} is a link that leads nowhere`)
    this.makeDirectories(parentOf(path))
    this.put({path, type: 'directory', mode, uid: 0, gid: 0})
  }

  remove(path: string): void {
    const real = this.real(path)
    const place = this.#places.get(real)
    if (!place) return
    this.#release(place.entry)
    this.#places.delete(real)
  }

  /** Names directly in a directory. */
  list(directory: string): string[] {
    const place = this.follow(directory)
    if (place?.entry.type !== 'directory') return []
    const start = place.entry.path === '/' ? '/' : `${place.entry.path}/`
    return [...this.#places.keys()]
      .filter((path) => path.length > start.length && path.startsWith(start) && !path.includes('/', start.length))
      .map((path) => path.slice(start.length))
      .sort()
  }

  entries(): TreeEntry[] {
    return [...this.#places.values()].map(({entry}) => entry)
  }

  /** Replaces all entries by those of another tree; a path that remains keeps its package. */
  replaceEntries(entries: Iterable<TreeEntry>): void {
    const before = new Map(this.#places)
    this.#places.clear()
    this.#linked.clear()
    for (const entry of entries) {
      const {owner, access} = before.get(entry.path) ?? {}
      this.#places.set(entry.path, {entry, owner, access})
      if (entry.type === 'hardlink' && entry.target !== undefined)
        this.#linked.set(entry.target, (this.#linked.get(entry.target) ?? new Set()).add(entry.path))
    }
  }

  /** Lets go of an entry that is about to go: its content passes to the next of its names. */
  #release(entry: TreeEntry): void {
    if (entry.type === 'hardlink') this.#linked.get(entry.target ?? '')?.delete(entry.path)
    const names = this.#linked.get(entry.path)
    this.#linked.delete(entry.path)
    const [first, ...others] = names ?? []
    if (first === undefined) return
    const heir = this.#places.get(first)
    if (heir) heir.entry = {...entry, path: first}
    for (const name of others) {
      const place = this.#places.get(name)
      if (place) place.entry = {...place.entry, target: first}
    }
    if (others.length > 0) this.#linked.set(first, new Set(others))
  }
}

const conflict = (message: string): HaosError =>
  new HaosError('PATH_CONFLICT', message, {
    hint: 'Leave out one of the packages that write there, and inform their maintainers.',
  })
