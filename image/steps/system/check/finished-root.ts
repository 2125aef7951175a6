import {posix} from 'node:path'
import type {TreeEntry} from '#formats'
import type {TreeIndex} from '../tree-index.ts'

/** The entry at a path of the finished root. */
export interface RootEntry {
  readonly path: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly target?: string | undefined
  /** Several packages have files in the directory. */
  readonly shared: boolean
  /** Its source, for messages: `the package NAME`, or `the recipe`. */
  readonly source: string
  /** A package or the recipe lists it; otherwise, a script has created it. */
  readonly isListed: boolean
  readonly hasCapabilities: boolean
}

/** Number of symlinks that the kernel follows (path_resolution(7)). */
const MAX_SYMLINKS = 40

/** The root that a node sees: the packages, and the system layer over them. */
export class FinishedRoot {
  readonly entries: ReadonlyMap<string, RootEntry>
  /** Whether the package of each file is known. */
  readonly knowsPackages: boolean

  readonly #mounted: readonly string[]

  /** `mounted` are directories of the node that do not come from the image. */
  constructor(index: TreeIndex, layer: readonly TreeEntry[], mounted: readonly string[] = []) {
    this.#mounted = mounted
    const entries = new Map<string, RootEntry>()
    const hidden = new Set(layer.flatMap(({path, type}) => (type === 'directory' ? [] : [path])))
    for (const [path, entry] of Object.entries(index.entries)) {
      if (parentsOf(path).some((parent) => hidden.has(parent))) continue
      const name = entry.package === undefined ? undefined : index.packages[entry.package]
      const source = name === undefined ? 'a script of a package' : `the package ${name}`
      const {shared = false, capabilities: hasCapabilities = false} = entry
      entries.set(path, {...entry, path, shared, source, isListed: name !== undefined, hasCapabilities})
    }
    for (const {path, type, mode, uid, gid, target, major, minor, xattrs} of layer) {
      const below = entries.get(path)
      // A device 0/0 is a whiteout of overlayfs.
      if (type === 'character-device' && major === 0 && minor === 0) entries.delete(path)
      else if (type === 'directory' && below?.type === 'directory') entries.set(path, {...below, mode, uid, gid})
      else {
        const hasCapabilities = xattrs?.['security.capability'] !== undefined
        const own = {shared: false, source: 'the recipe', isListed: true, hasCapabilities}
        entries.set(path, {path, type, mode, uid, gid, target, ...own})
      }
    }
    this.entries = entries
    this.knowsPackages = index.packages.length > 0
  }

  /**
   * Resolves a path with all symlinks: to an entry, to undefined, or to `elsewhere` if it is in a directory that is
   * filled while the node runs.
   */
  follow(path: string): RootEntry | 'elsewhere' | undefined {
    const names = path.split('/').filter(Boolean)
    let at = '/'
    for (let links = 0; ; ) {
      const name = names.shift()
      if (name === undefined) return this.entries.get(at)
      const next = posix.join(at, name)
      const entry = this.entries.get(next)
      const isAbove = (directory: string) => `${directory}/`.startsWith(`${next}/`)
      if (filledLater.test(next) || this.#mounted.includes(next)) return 'elsewhere'
      if (entry === undefined) return this.#mounted.some(isAbove) ? 'elsewhere' : undefined
      if (entry.type === 'symlink') {
        if (++links > MAX_SYMLINKS) return undefined
        const target = entry.target ?? ''
        if (target.startsWith('/')) at = '/'
        names.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'))
      } else if (entry.type !== 'directory' && names.length > 0) return undefined
      else at = next
    }
  }

  /** Whether a program exists, by path or by name. */
  hasProgram(program: string): boolean {
    // A service of the image cannot rely on /usr/local, which belongs to the node.
    if (!program.startsWith('/'))
      return fixedDirectories.some((directory) => this.hasProgram(`${directory}/${program}`))
    const found = this.follow(program)
    return found === 'elsewhere' || (found?.type !== 'directory' && ((found?.mode ?? 0) & 0o111) !== 0)
  }
}

const fixedDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Directories in which a shell looks for programs. */
const programDirectories: readonly string[] = [...fixedDirectories, '/usr/local/sbin', '/usr/local/bin']

/** Whether a path is directly in one of them. */
export const isProgram = (path: string): boolean =>
  programDirectories.some((directory) => path.startsWith(`${directory}/`) && !path.includes('/', directory.length + 1))

const filledLater = /^\/(?:dev|home|mnt|opt|proc|run|sys|tmp|usr\/local|var)(?:\/|$)/

/** The parent directories of a path, without the root. */
const parentsOf = (path: string): string[] => {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
}
