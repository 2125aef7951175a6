import {readdir, readFile, readlink, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type FileNode, HaosError, type ImageSpec, type Part, type PlacedPart, partConflicts} from '#dsl'
import {digestOfBytes, digestOfFile} from '../store/digest.ts'

/** A file that is no larger stands in the plan as it is, where a person can read it. */
const INLINE_BYTES = 4096

/**
 * Reads the directories that overlays name, so that the plan holds what was in them.
 *
 * Modes are `0755` or `0644` by the execute bit and owners are root: neither the umask nor the user
 * who checked the recipe out leaves a trace. `origins` says where large files are. Fails with
 * RECIPE_INVALID where a directory cannot be read, or holds what another part writes.
 */
export async function loadOverlays(
  spec: ImageSpec,
  directory: string,
): Promise<{readonly spec: ImageSpec; readonly origins: ReadonlyMap<string, string>}> {
  const origins = new Map<string, string>()
  const parts = await Promise.all(
    spec.parts.map(async (part): Promise<readonly PlacedPart[]> => {
      if (part.kind !== 'overlay') return [{part, at: labelOf(part)}]
      const root = part.directory.startsWith('file:')
        ? fileURLToPath(part.directory)
        : resolve(directory, part.directory)
      const nodes = await readOverlay(root, part.at === '/' ? '' : part.at, origins)
      const {replace, owner} = part
      return nodes.map((node) => ({
        part: {kind: 'node', node, replace, ...(owner !== undefined && {owner})},
        at: `overlay('${part.directory}')`,
      }))
    }),
  )
  const placed = parts.flat()
  refuseConflicts(placed, spec)
  return {spec: {...spec, parts: placed.map(({part}) => part)}, origins}
}

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

async function readOverlay(root: string, at: string, origins: Map<string, string>): Promise<FileNode[]> {
  let entries: Awaited<ReturnType<typeof listDirectory>>
  try {
    entries = await listDirectory(root)
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', `the overlay directory ${root} cannot be read`, {
      at: 'overlay()',
      hint: 'Give a directory that exists, relative to the recipe, or as `new URL("./files/", import.meta.url)`.',
      cause,
    })
  }
  const nodes = await Promise.all(
    entries.map(async (entry): Promise<FileNode | undefined> => {
      const hostPath = join(entry.parentPath, entry.name)
      const path = `${at}${hostPath.slice(root.replace(/\/$/, '').length)}`
      const owner = {uid: 0, gid: 0}
      if (entry.isSymbolicLink()) return {type: 'symlink', path, target: await readlink(hostPath), ...owner}
      if (!entry.isFile()) return undefined
      const {mode, size} = await stat(hostPath)
      const node = {type: 'file', path, mode: (mode & 0o100) !== 0 ? '0755' : '0644', ...owner} as const
      if (size > INLINE_BYTES) {
        const sha256 = await digestOfFile(hostPath)
        origins.set(sha256, hostPath)
        return {...node, content: {sha256, sizeBytes: size}}
      }
      const bytes = await readFile(hostPath)
      const text = bytes.toString()
      // Bytes that are no text stay exact in base64.
      if (digestOfBytes(text) === digestOfBytes(bytes)) return {...node, content: {text}}
      return {...node, content: {base64: bytes.toString('base64')}}
    }),
  )
  return nodes.filter((node) => node !== undefined)
}

const listDirectory = (root: string) => readdir(root, {recursive: true, withFileTypes: true})
