import {HaosError, parentOf} from '#dsl'
import type {TreeEntry} from '#formats'

/** Owner and mode that packages request for a directory. */
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

/** Maximum number of symlinks that a path may lead through, as in Linux. */
const MAX_LINKS = 40

/**
 * The root that packages are installed to, in memory: the entry at each path, and the package that owns it.
 *
 * Symlinks are followed as the kernel would inside this root, so no path leads out of it.
 */
export class RootTree {
  readonly #places = new Map<string, Place>([
    ['/', {entry: {path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0}}],
  ])
  /** Hard links by their file: when a file is replaced, its content passes to the next name. */
  readonly #linked = new Map<string, Set<string>>()

  /** The entry at a path; a symlink there is not followed. */
  get(path: string): Place | undefined {
    return this.#places.get(this.real(path))
  }

  /** The path with all symlinks of its parents followed. */
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
      if (++links > MAX_LINKS) throw conflict(`${path} leads through too many symlinks`)
      const target = entry.target ?? ''
      if (target.startsWith('/')) done = ''
      open.unshift(...target.split('/').filter((word) => word !== ''))
    }
    return done === '' ? '/' : done
  }

  /** The entry that a path leads to after following all symlinks. */
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

  /** Puts an entry at its path, replacing any other. Throws PATH_CONFLICT if a parent is not a directory. */
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

  /** Creates a directory and its parents, like `mkdir -p`. Throws PATH_CONFLICT for a dangling symlink. */
  makeDirectories(path: string, mode = 0o755): void {
    if (path === '/' || this.follow(path) !== undefined) return
    if (this.has(path)) throw conflict(`${path} is a dangling symlink`)
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

  /** Names of the entries of a directory, sorted. */
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

  /** Replaces all entries with those of another tree; a path that remains keeps its package. */
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

  /** Prepares the removal of an entry: the content of a file passes to its next name. */
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
    hint: 'Leave out one of the packages that write to this path, and inform their maintainers.',
  })
