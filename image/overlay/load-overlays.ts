import {resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type FileNode, HaosError, type ImageSpec, type Part, type PlacedPart, partConflicts} from '#dsl'
import {loadFile} from './load-file.ts'
import {readOverlay} from './read-overlay.ts'

/** A recipe whose files are read. */
export interface LoadedFiles {
  readonly spec: ImageSpec
  /** Host paths of large files, by digest. */
  readonly origins: ReadonlyMap<string, string>
  /** Addresses of files that are fetched when the image is built, by digest. */
  readonly downloads: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads the directories of overlays, and single files, so that the plan holds their contents.
 *
 * Modes are `0755` or `0644` by the execute bit and owners are root: neither the umask nor the user who checked the recipe out
 * leaves a trace. What nobody has by accident is kept: setuid, setgid and sticky with the whole mode, capabilities and `user.*`
 * attributes. A directory that is empty keeps the mode that packages give it. Fails with
 * RECIPE_INVALID where a directory cannot be read, or holds what no image can or another part writes.
 */
export async function loadOverlays(spec: ImageSpec, directory: string): Promise<LoadedFiles> {
  const origins = new Map<string, string>()
  const downloads = new Map<string, readonly string[]>()
  const parts = await Promise.all(
    spec.parts.map(async (part): Promise<readonly PlacedPart[]> => {
      if (part.kind === 'file') return [await loadFile(part, {directory, origins, downloads})]
      if (part.kind !== 'overlay') return [{part, at: labelOf(part)}]
      const root = part.directory.startsWith('file:')
        ? fileURLToPath(part.directory)
        : resolve(directory, part.directory)
      const nodes = await readOverlay(root, part.at === '/' ? '' : part.at, origins)
      const {replace, owner, keep} = part
      return nodes.map((node) => ({
        part: {
          kind: 'node',
          node,
          replace,
          ...(owner !== undefined && {owner}),
          ...(keep !== undefined && {keep}),
          ...(node.type === 'directory' && isPlain(node) && {keep: true}),
        },
        at: `overlay('${part.directory}')`,
      }))
    }),
  )
  const placed = parts.flat()
  refuseConflicts(placed, spec)
  return {spec: {...spec, parts: placed.map(({part}) => part)}, origins, downloads}
}

/** Whether nobody has said more of a directory than that it is there. */
const isPlain = ({mode, xattrs}: Extract<FileNode, {type: 'directory'}>): boolean =>
  mode === '0755' && xattrs === undefined

/** As a recipe writes it: where in the recipe that is, is not known any more. */
const labelOf = (part: Part): string =>
  part.kind === 'node'
    ? `${part.node.type} ${part.node.path}`
    : 'name' in part
      ? `${part.kind} ${part.name}`
      : part.kind

/** What overlays hold is known only now; all else was checked with the recipe. */
function refuseConflicts(placed: readonly PlacedPart[], {identity}: ImageSpec): void {
  const problems = partConflicts(placed, identity)
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'overlays of the recipe hold what another part writes too', {
    problems,
    hint: 'Remove one of the two, or give the later part `replace: true`.',
  })
}
