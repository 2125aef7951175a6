import {posix} from 'node:path'
import type {TreeEntry} from '#formats'
import type {TreeIndex} from './tree-index.ts'

/** What is at a path of the finished root. */
export interface RootEntry {
  readonly path: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly target?: string | undefined
  /** Several packages have something in the directory. */
  readonly shared: boolean
  /** Who brings it, as a person says it: `the package NAME`, or `the recipe`. */
  readonly bringer: string
  /** A package or the recipe says that it is there; else some script has made it. */
  readonly isListed: boolean
  readonly hasCapabilities: boolean
}

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40

/** The root that a node sees: the packages, and the system layer over them. */
export class FinishedRoot {
  readonly entries: ReadonlyMap<string, RootEntry>
  /** Whether it is known which package brings what. */
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
      const bringer = name === undefined ? 'a script of a package' : `the package ${name}`
      const {shared = false, capabilities: hasCapabilities = false} = entry
      entries.set(path, {...entry, path, shared, bringer, isListed: name !== undefined, hasCapabilities})
    }
    for (const {path, type, mode, uid, gid, target, major, minor, xattrs} of layer) {
      const below = entries.get(path)
      // overlayfs takes a device 0/0 for a path that is not there.
      if (type === 'character-device' && major === 0 && minor === 0) entries.delete(path)
      else if (type === 'directory' && below?.type === 'directory') entries.set(path, {...below, mode, uid, gid})
      else {
        const hasCapabilities = xattrs?.['security.capability'] !== undefined
        const own = {shared: false, bringer: 'the recipe', isListed: true, hasCapabilities}
        entries.set(path, {path, type, mode, uid, gid, target, ...own})
      }
    }
    this.entries = entries
    this.knowsPackages = index.packages.length > 0
  }

  /**
   * What a path leads to when all links are followed: an entry, nothing, or `elsewhere` where it lies in a directory that is
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
        if (++links > MOST_LINKS) return undefined
        const target = entry.target ?? ''
        if (target.startsWith('/')) at = '/'
        names.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'))
      } else if (entry.type !== 'directory' && names.length > 0) return undefined
      else at = next
    }
  }

  /** Whether a program can be run by its path, or by its name where that has no slash. */
  hasProgram(program: string): boolean {
    // What a node has in /usr/local, a service of the image does not count on.
    if (!program.startsWith('/'))
      return fixedDirectories.some((directory) => this.hasProgram(`${directory}/${program}`))
    const found = this.follow(program)
    return found === 'elsewhere' || (found?.type !== 'directory' && ((found?.mode ?? 0) & 0o111) !== 0)
  }
}

const fixedDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Where a shell looks for programs. */
export const programDirectories: readonly string[] = [...fixedDirectories, '/usr/local/sbin', '/usr/local/bin']

const filledLater = /^\/(?:dev|home|mnt|opt|proc|run|sys|tmp|usr\/local|var)(?:\/|$)/

/** The directories that a path lies in, without the root. */
const parentsOf = (path: string): string[] => {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
}
