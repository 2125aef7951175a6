import {realpath} from 'node:fs/promises'
import {resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError, type Part, type PlacedPart} from '#dsl'
import {readFileNode} from './read-overlay.ts'

interface LoadFileOptions {
  /** Directory of the recipe. */
  readonly directory: string
  /** Gets where large files are, by digest. */
  readonly origins: Map<string, string>
  /** Gets where files that are fetched later can be had, by digest. */
  readonly downloads: Map<string, readonly string[]>
}

/** The file that a part takes from this machine, or from the network, as a node of the image. Fails with RECIPE_INVALID where it cannot be read. */
export async function loadFile(
  {path, from, mode, owner, replace}: Extract<Part, {kind: 'file'}>,
  {directory, origins, downloads}: LoadFileOptions,
): Promise<PlacedPart> {
  const placed = (node: Extract<Part, {kind: 'node'}>['node']): PlacedPart => ({
    part: {kind: 'node', node, replace, ...(owner !== undefined && {owner})},
    at: `file ${path}`,
  })
  if (typeof from !== 'string') {
    downloads.set(from.sha256, from.urls)
    return placed({type: 'file', path, mode: mode ?? '0644', uid: 0, gid: 0, content: {sha256: from.sha256}})
  }
  const hostPath = from.startsWith('file:') ? fileURLToPath(from) : resolve(directory, from)
  try {
    const node = await readFileNode(await realpath(hostPath), path, {origins})
    return placed(mode === undefined ? node : {...node, mode})
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', `the file ${hostPath} cannot be read`, {
      at: `file('${path}')`,
      hint: 'Give a file that exists, relative to the recipe, or as `new URL("./name", import.meta.url)`.',
      cause,
    })
  }
}
