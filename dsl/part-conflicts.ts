import {accountConflicts} from './account-conflicts.ts'
import type {Problem} from './error.ts'
import type {FileNode} from './file-tree.ts'
import type {Identity} from './identity.ts'
import type {PlacedPart} from './part.ts'
import type {Part} from './part-schemas.ts'

/** Conflicts between parts that are valid individually. */
export const partConflicts = (placed: readonly PlacedPart[], identity: Identity | undefined): Problem[] => [
  ...pathConflicts(placed, identity),
  ...sysctlConflicts(placed),
  ...accountConflicts(placed),
]

/** Image path of the node's own program. */
export const programPath = ({name}: Pick<Identity, 'name'>): string => `/usr/bin/${name}`

interface Claim {
  readonly path: string
  readonly at: string
  readonly type: FileNode['type']
  readonly replace: boolean
  /** It yields to any other. */
  readonly keep: boolean
  /** Target of a symlink. */
  readonly target?: string
}

/** Two parts may not define one path, unless the later one has `replace`. The node's program cannot be replaced. */
function pathConflicts(placed: readonly PlacedPart[], identity: Identity | undefined): Problem[] {
  const program = identity && programPath(identity)
  const claims = new Map<string, Claim>()
  const problems = placed.flatMap(({part, at}): Problem[] => {
    const claim = claimOf(part, at)
    if (claim === undefined) return []
    const {path, type, replace, keep} = claim
    const other = claims.get(path)
    if (!keep || other === undefined) claims.set(path, claim)
    if (path === program) return [ownProgram(at, path)]
    if (other === undefined || replace || keep || other.keep || (type === 'directory' && other.type === 'directory'))
      return []
    return [
      {
        path: at,
        message: `writes ${path}, which ${other.at} writes too`,
        hint: 'Remove one of them, or give the later `replace: true`.',
      },
    ]
  })
  const written = [...claims.values()].map(({path, at}) => ({path, writer: `${at} writes`}))
  const all = program === undefined ? written : [...written, {path: program, writer: 'the node has'}]
  return [...problems, ...all.flatMap(({path, writer}) => belowNoDirectory(path, writer, claims))]
}

function claimOf(part: Part, at: string): Claim | undefined {
  if (part.kind === 'node') {
    const {node, replace} = part
    const keep = (part.keep ?? false) !== false
    return {path: node.path, at, type: node.type, replace, keep, ...(node.type === 'symlink' && {target: node.target})}
  }
  if (part.kind === 'file') return {path: part.path, at, type: 'file', replace: part.replace, keep: false}
  if (part.kind !== 'service' || part.script === undefined) return undefined
  return {path: `/etc/init.d/${part.name}`, at, type: 'file', replace: part.replace, keep: false}
}

const ownProgram = (at: string, path: string): Problem => ({
  path: at,
  message: `writes ${path}, which is the node's own program`,
  hint: 'Choose another path; set the name of the product with `identity`.',
})

/** The problem of a path below another that is not a directory in the result. */
function belowNoDirectory(path: string, writer: string, claims: ReadonlyMap<string, Claim>): Problem[] {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = claims.get(path.slice(0, end))
    if (above === undefined || above.type === 'directory') continue
    return [
      {
        path: above.at,
        message: `makes ${above.path} something other than a directory, and ${writer} ${path}`,
        hint:
          above.target === undefined
            ? 'Remove one of them.'
            : `Write it where the link leads (${above.target}), or remove the link.`,
      },
    ]
  }
  return []
}

/** The node sets only one of two values, and no rule defines which. `a/b` is `a.b` (sysctl.conf(5)). */
function sysctlConflicts(placed: readonly PlacedPart[]): Problem[] {
  const first = new Map<string, {readonly value: string; readonly at: string}>()
  return placed.flatMap(({part, at}): Problem[] => {
    if (part.kind !== 'sysctl') return []
    return Object.entries(part.values).flatMap(([key, value]): Problem[] => {
      const name = key.replaceAll('/', '.')
      const other = first.get(name)
      if (other === undefined) first.set(name, {value, at})
      if (other === undefined || other.value === value) return []
      return [
        {path: at, message: `sets ${key} to ${value}, and ${other.at} to ${other.value}`, hint: 'Remove one of them.'},
      ]
    })
  })
}
