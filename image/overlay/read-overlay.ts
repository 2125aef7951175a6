import type {Dirent} from 'node:fs'
import {lstat, readdir, readFile, readlink} from 'node:fs/promises'
import {join} from 'node:path'
import {type FileNode, HaosError, ImagePath, type Problem} from '#dsl'
import {digestOfBytes, digestOfFile, errnoOf, type Toolbox} from '#engine'
import {directoryMode, fileMode} from './overlay-mode.ts'
import {readAttributes} from './read-attributes.ts'

/** The plan contains files up to this size as readable text. */
const INLINE_BYTES = 4096

const owner = {uid: 0, gid: 0}

/** The contents of one directory on the build machine. */
interface Found {
  readonly nodes: readonly FileNode[]
  readonly problems: readonly Problem[]
}

/** Shared state while a directory is read. */
interface Reading {
  /** Where large files are, by digest. */
  readonly origins: Map<string, string>
}

/** A directory of the build machine, and its path in the image. */
interface Place {
  readonly hostPath: string
  /** `''` for the root. */
  readonly path: string
  /** Permissions of its parent, with setuid, setgid and sticky. */
  readonly parentMode: number
}

/**
 * Reads a directory of the build machine as nodes of an image below `at` (`''` for its root). A directory becomes a
 * node if it is empty, or has other than the default permissions.
 *
 * Adds the paths of large files to `origins`. Fails with RECIPE_INVALID, naming every path that an image cannot
 * contain.
 */
export async function readOverlay(
  root: string,
  at: string,
  {origins, toolbox}: Reading & {readonly toolbox: Toolbox},
): Promise<readonly FileNode[]> {
  const {mode: parentMode} = await lstat(root).catch((cause: unknown) => {
    throw cannotRead(root, cause)
  })
  // At once: the tool for the attributes takes as long as reading the files.
  const [{nodes, problems}, found] = await Promise.all([
    readDirectory({hostPath: root, path: at, parentMode}, {origins}),
    readAttributes(root, {toolbox}).catch((error: unknown) => ({error})),
  ])
  refuse(root, problems)
  if ('error' in found) throw found.error
  const {attributes, problems: more} = found
  refuse(
    root,
    more.map((problem) => ({...problem, path: join(root, problem.path)})),
  )
  const present = new Set(nodes.map(({path}) => path))
  const directories = [...attributes.keys()]
    .map((path) => `${at}${path}`)
    .filter((path) => path !== at && !present.has(path))
    .map((path): FileNode => ({type: 'directory', path, mode: '0755', ...owner}))
  return (
    [...nodes, ...directories]
      .map((node) => withAttributes(node, attributes.get(node.path.slice(at.length))))
      // The file system determines the order of a directory, but the digest of the recipe must not depend on it.
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  )
}

function refuse(root: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', `the overlay directory ${root} contains files that an image cannot contain`, {
    at: 'overlay()',
    problems: problems.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    hint: 'Fix them, or move them out of the overlay.',
  })
}

export function withAttributes(node: FileNode, attributes: Readonly<Record<string, Uint8Array>> = {}): FileNode {
  const xattrs = Object.entries(attributes).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
  return xattrs.length === 0 ? node : {...node, xattrs: Object.fromEntries(xattrs)}
}

const cannotRead = (hostPath: string, cause: unknown): HaosError =>
  new HaosError('RECIPE_INVALID', `the overlay directory ${hostPath} cannot be read`, {
    at: 'overlay()',
    hint: 'Give a directory that exists, relative to the recipe, or as `new URL("./files/", import.meta.url)`.',
    cause,
  })

/** One after another: a directory may contain more files than a process may have open. */
async function readDirectory(place: Place, reading: Reading): Promise<Found> {
  const {hostPath, path, parentMode} = place
  let entries: Dirent<Buffer>[]
  let ownMode: number
  try {
    entries = await readdir(hostPath, {withFileTypes: true, encoding: 'buffer'})
    ownMode = (await lstat(hostPath)).mode
  } catch (cause) {
    throw cannotRead(hostPath, cause)
  }
  const mode = directoryMode(ownMode, parentMode)
  const isNode = path !== '' && (mode !== '0755' || entries.length === 0)
  const nodes: FileNode[] = isNode ? [{type: 'directory', path, mode, ...owner}] : []
  const problems: Problem[] = []
  for (const entry of entries) {
    const found = await readEntry(entry, {hostPath, path, parentMode: ownMode}, reading)
    nodes.push(...found.nodes)
    problems.push(...found.problems)
  }
  return {nodes, problems}
}

async function readEntry(entry: Dirent<Buffer>, place: Place, reading: Reading): Promise<Found> {
  const name = entry.name.toString()
  const hostPath = join(place.hostPath, name)
  const path = `${place.path}/${name}`
  if (!isText(entry.name)) return refused(hostPath, 'has a name that is not UTF-8', 'Give it a name in UTF-8.')
  const named = ImagePath.safeParse(path)
  if (!named.success) {
    const message = /\n/.test(name) ? 'has a line break in its name' : (named.error.issues[0]?.message ?? '')
    return refused(JSON.stringify(hostPath), message, 'Give it another name.')
  }
  if (entry.isDirectory()) return readDirectory({...place, hostPath, path}, reading)
  try {
    if (entry.isSymbolicLink()) {
      const target = await readlink(hostPath, 'buffer')
      if (!isText(target)) return refused(hostPath, 'has a target that is not UTF-8', 'Give it another target.')
      return node({type: 'symlink', path, target: target.toString(), ...owner})
    }
    if (entry.isFile()) return node(await readFileNode(hostPath, path, reading))
  } catch (cause) {
    const errno = errnoOf(cause)
    const reason = errno === undefined ? '' : ` (${errno})`
    return refused(hostPath, `cannot be read${reason}`, 'Make it readable for the user who builds.')
  }
  return refused(hostPath, `is ${kindOf(entry)}`, 'Remove it: overlays hold files, directories and links.')
}

/** Reads one file on the build machine as a node of an image. */
export async function readFileNode(
  hostPath: string,
  path: string,
  {origins}: Reading,
): Promise<Extract<FileNode, {type: 'file'}>> {
  const {mode, size} = await lstat(hostPath)
  const file = {type: 'file', path, mode: fileMode(mode), ...owner} as const
  if (size > INLINE_BYTES) {
    const sha256 = await digestOfFile(hostPath)
    origins.set(sha256, hostPath)
    return {...file, content: {sha256, sizeBytes: size}}
  }
  const bytes = await readFile(hostPath)
  const text = bytes.toString()
  // Base64 keeps bytes that are not text.
  if (digestOfBytes(text) === digestOfBytes(bytes)) return {...file, content: {text}}
  return {...file, content: {base64: bytes.toString('base64')}}
}

const node = (found: FileNode): Found => ({nodes: [found], problems: []})

const refused = (path: string, message: string, hint: string): Found => ({nodes: [], problems: [{path, message, hint}]})

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString()).equals(bytes)

const kindOf = (entry: Dirent<Buffer>): string =>
  entry.isFIFO() ? 'a FIFO' : entry.isSocket() ? 'a socket' : 'a device'
