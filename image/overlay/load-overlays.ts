import {resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type FileNode, HaosError, type ImageSpec, type Part, type PlacedPart, partConflicts} from '#dsl'
import {Toolbox} from '#engine'
import {loadFile} from './load-file.ts'
import {readOverlay} from './read-overlay.ts'

/** A recipe whose files have been read. */
export interface LoadedFiles {
  readonly spec: ImageSpec
  /** Host paths of large files, by digest. */
  readonly origins: ReadonlyMap<string, string>
  /** URLs of files that are fetched when the image is built, by digest. */
  readonly downloads: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads the directories of overlays, and single files, so that the plan contains them.
 *
 * Modes are `0755` or `0644` by the execute bit, and root is the owner, so that neither the umask nor the user of the
 * checkout matters. What must be intentional is kept: the whole mode if it has setuid, setgid or sticky, capabilities,
 * and `user.*` attributes. An empty directory keeps the mode that packages give it. Fails with RECIPE_INVALID if a
 * directory cannot be read, or contains what an image cannot, or what another part writes.
 */
export async function loadOverlays(
  spec: ImageSpec,
  directory: string,
  {toolbox = new Toolbox()}: {readonly toolbox?: Toolbox} = {},
): Promise<LoadedFiles> {
  const origins = new Map<string, string>()
  const downloads = new Map<string, readonly string[]>()
  const parts = await Promise.all(
    spec.parts.map(async (part): Promise<readonly PlacedPart[]> => {
      if (part.kind === 'file') return [await loadFile(part, {directory, origins, downloads, toolbox})]
      if (part.kind !== 'overlay') return [{part, at: labelOf(part)}]
      const root = part.directory.startsWith('file:')
        ? fileURLToPath(part.directory)
        : resolve(directory, part.directory)
      const nodes = await readOverlay(root, part.at === '/' ? '' : part.at, {origins, toolbox})
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

/** Whether a directory has the default mode and no attributes. */
const isPlain = ({mode, xattrs}: Extract<FileNode, {type: 'directory'}>): boolean =>
  mode === '0755' && xattrs === undefined

/** A name for messages; the part's position in the recipe is no longer known. */
const labelOf = (part: Part): string =>
  part.kind === 'node'
    ? `${part.node.type} ${part.node.path}`
    : 'name' in part
      ? `${part.kind} ${part.name}`
      : part.kind

/** The contents of overlays are known only now; everything else was checked with the recipe. */
function refuseConflicts(placed: readonly PlacedPart[], {identity}: ImageSpec): void {
  const problems = partConflicts(placed, identity)
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'overlays of the recipe contain files that another part writes too', {
    problems,
    hint: 'Remove one of the two, or give the later part `replace: true`.',
  })
}
