import {posix} from 'node:path'
import {HaosError, type Problem} from '#dsl'
import type {SystemNode} from './system-node.ts'
import type {TreeIndex} from './tree-index.ts'

type Nodes = ReadonlyMap<string, SystemNode['node']>

/** Number of symlinks that the kernel follows (path_resolution(7)). */
const MAX_SYMLINKS = 40

/**
 * The nodes at the paths to which their own paths resolve: if packages have `/bin` as a symlink, `/bin/x` is in
 * `/usr/bin`.
 *
 * A directory of the system layer would hide such a symlink of the layer below, and everything behind it, such as
 * `/bin/sh`. Fails with PATH_CONFLICT if a path cannot be resolved, or if two nodes resolve to the same path.
 */
export function resolveNodes(nodes: readonly SystemNode[], index: TreeIndex, taken: readonly string[]): SystemNode[] {
  const problems: Problem[] = []
  const others = programNames([
    ...Object.keys(index.entries),
    ...nodes.flatMap(({node, keep}) => (keep ? [] : [node.path])),
  ])
  const kept = nodes.filter((entry) => !(entry.keep && isTaken(entry.node, index, others)))
  const own = new Map(kept.map(({node}) => [node.path, node]))
  const writtenAs = new Map(taken.map((path) => [path, path]))
  // Parents first, so that their children resolve through them.
  const placed = [...kept].sort(byPath).flatMap((entry): SystemNode[] => {
    const {path} = entry.node
    const place = placeOf(path, index, own)
    if (typeof place !== 'string') {
      problems.push({path, ...place})
      return []
    }
    const other = writtenAs.get(place)
    const twice = entry.node.type === 'directory' && own.get(place)?.type === 'directory'
    if (other !== undefined && !twice) problems.push(sameFile(path, place, other))
    writtenAs.set(place, path)
    const node = {...entry.node, path: place}
    own.set(place, node)
    return [{...entry, node}]
  })
  const final = new Map(placed.map(({node}) => [node.path, node]))
  problems.push(...[...final.keys(), ...taken].flatMap((path) => belowNoDirectory(path, final)))
  if (problems.length > 0) {
    throw new HaosError('PATH_CONFLICT', 'the recipe writes paths that cannot exist', {
      problems,
      hint: 'Write to the path where the file should be.',
    })
  }
  return placed
}

const byPath = (a: SystemNode, b: SystemNode): number => (a.node.path < b.node.path ? -1 : 1)

/** Whether packages already have a node that gives way to theirs. `programs` are the names of all programs. */
function isTaken({path, type}: SystemNode['node'], index: TreeIndex, programs: ReadonlySet<string>): boolean {
  if (type === 'directory') return isDirectory(path, index)
  const place = placeOf(path, index, new Map())
  return (
    (typeof place === 'string' && place in index.entries) ||
    [...programNames([path])].some((name) => programs.has(name))
  )
}

/** Names of programs in any directory of programs, since a shell runs the first one of a name. */
const programNames = (paths: readonly string[]): Set<string> =>
  new Set(paths.flatMap((path) => /^(?:\/usr(?:\/local)?)?\/s?bin\/([^/]+)$/.exec(path)?.[1] ?? []))

/** Whether packages have a directory at a path, or a symlink to one. */
function isDirectory(path: string, index: TreeIndex): boolean {
  const inside = placeOf(`${path}/any`, index, new Map())
  return typeof inside === 'string' && index.entries[posix.dirname(inside)]?.type === 'directory'
}

/** Resolves the symlinks in a path as the kernel would, except the last component, which is what is written. */
function placeOf(path: string, index: TreeIndex, own: Nodes): string | Omit<Problem, 'path'> {
  const names = path.split('/').slice(1)
  let at = '/'
  let links = 0
  while (names.length > 1) {
    const name = names.shift() ?? ''
    if (name === '..' && at === '/') return leadsOut
    const next = posix.join(at, name)
    const below = own.has(next) ? undefined : index.entries[next]
    if (below?.type === 'symlink') {
      links += 1
      if (links > MAX_SYMLINKS) return loops(next)
      const target = below.target ?? ''
      if (target.startsWith('/')) at = '/'
      names.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'))
    } else if (below !== undefined && below.type !== 'directory') return belowFile(next)
    else at = next
  }
  return posix.join(at, ...names)
}

const leadsOut: Omit<Problem, 'path'> = {
  message: 'goes through a symlink of the packages that leads out of the image',
  hint: 'Write to the path where the file should be.',
}

const loops = (link: string): Omit<Problem, 'path'> => ({
  message: `goes through ${link}, a symlink loop in the packages`,
  hint: `Write somewhere else, or give \`directory('${link}', {replace: true})\` too.`,
})

const belowFile = (file: string): Omit<Problem, 'path'> => ({
  message: `is below ${file}, which is a file of a package`,
  hint: `Write somewhere else, or give \`directory('${file}', {replace: true})\` too.`,
})

const sameFile = (path: string, place: string, other: string): Problem => ({
  path,
  message: `is ${place} in the image, where ${other === place ? 'the recipe or the node' : other} writes too`,
  hint: `Remove one of them, or write both as ${place}, the later with \`replace: true\`.`,
})

function belowNoDirectory(path: string, nodes: Nodes): Problem[] {
  for (let parent = posix.dirname(path); parent !== '/'; parent = posix.dirname(parent)) {
    const node = nodes.get(parent)
    if (node === undefined || node.type === 'directory') continue
    return [
      {
        path: parent,
        message: `is not a directory in the recipe, but ${path} is below it`,
        hint:
          node.type === 'symlink'
            ? `Write it to the target of the symlink (${node.target}), or remove ${parent} from the recipe.`
            : `Remove ${parent} or ${path} from the recipe.`,
      },
    ]
  }
  return []
}
