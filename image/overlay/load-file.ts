import {realpath} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError, type Part, type PlacedPart, type Problem} from '#dsl'
import type {Toolbox} from '#engine'
import {readAttributes} from './read-attributes.ts'
import {readFileNode, withAttributes} from './read-overlay.ts'

interface LoadFileOptions {
  /** Directory of the recipe. */
  readonly directory: string
  /** Filled with the paths of large files, by digest. */
  readonly origins: Map<string, string>
  /** Filled with the URLs of files to download, by digest. */
  readonly downloads: Map<string, readonly string[]>
  readonly toolbox: Toolbox
}

/**
 * Loads the file that a part takes from the build machine or the network, as a node of the image. Fails with
 * RECIPE_INVALID if it cannot be read.
 */
export async function loadFile(
  {path, from, mode, owner, replace}: Extract<Part, {kind: 'file'}>,
  {directory, origins, downloads, toolbox}: LoadFileOptions,
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
    const real = await realpath(hostPath)
    const node = await readFileNode(real, path, {origins})
    const {attributes, problems} = await readAttributes(dirname(real), {name: basename(real), toolbox})
    if (problems.length > 0) throw cannotTake(hostPath, path, problems)
    const whole = withAttributes(node, attributes.get(`/${basename(real)}`))
    return placed(mode === undefined || whole.type !== 'file' ? whole : {...whole, mode})
  } catch (cause) {
    if (cause instanceof HaosError) throw cause
    throw new HaosError('RECIPE_INVALID', `the file ${hostPath} cannot be read`, {
      at: `file('${path}')`,
      hint: 'Give a file that exists, relative to the recipe, or as `new URL("./name", import.meta.url)`.',
      cause,
    })
  }
}

const cannotTake = (hostPath: string, path: string, problems: readonly Problem[]): HaosError =>
  new HaosError('RECIPE_INVALID', `the file ${hostPath} has attributes that an image cannot contain`, {
    at: `file('${path}')`,
    problems: problems.map((problem) => ({...problem, path: hostPath})),
    hint: 'Fix the file on the build machine.',
  })
