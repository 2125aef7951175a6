import type {Dirent} from 'node:fs'
import {readdir, readFile, readlink, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {type FileNode, HaosError, ImagePath, type Problem} from '#dsl'
import {digestOfBytes, digestOfFile, errnoOf} from '#engine'

/** A file that is no larger stands in the plan as it is, where a person can read it. */
const INLINE_BYTES = 4096

const owner = {uid: 0, gid: 0}

/** What was found below one directory of this machine. */
interface Found {
  readonly nodes: readonly FileNode[]
  readonly problems: readonly Problem[]
}

/**
 * Reads a directory of this machine as nodes of an image below `at` (`''` for its root). A directory is a node where it is empty.
 *
 * `origins` gets where large files are. Fails with RECIPE_INVALID, naming every path that cannot be taken.
 */
export async function readOverlay(
  root: string,
  at: string,
  origins: Map<string, string>,
): Promise<readonly FileNode[]> {
  const {nodes, problems} = await readDirectory(root, at, origins)
  // The order of a directory is the file system's, and the nodes stand in the digest of the recipe.
  if (problems.length === 0) return [...nodes].sort((a, b) => (a.path < b.path ? -1 : 1))
  throw new HaosError('RECIPE_INVALID', `the overlay directory ${root} holds what cannot be taken into an image`, {
    at: 'overlay()',
    problems,
    hint: 'Mend it there, or move it out of the overlay.',
  })
}

async function readDirectory(hostPath: string, path: string, origins: Map<string, string>): Promise<Found> {
  let entries: Dirent<Buffer>[]
  try {
    entries = await readdir(hostPath, {withFileTypes: true, encoding: 'buffer'})
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', `the overlay directory ${hostPath} cannot be read`, {
      at: 'overlay()',
      hint: 'Give a directory that exists, relative to the recipe, or as `new URL("./files/", import.meta.url)`.',
      cause,
    })
  }
  if (entries.length === 0 && path !== '') return node({type: 'directory', path, mode: '0755', ...owner})
  const found = await Promise.all(entries.map((entry) => readEntry(entry, hostPath, path, origins)))
  return {nodes: found.flatMap(({nodes}) => nodes), problems: found.flatMap(({problems}) => problems)}
}

async function readEntry(
  entry: Dirent<Buffer>,
  directory: string,
  at: string,
  origins: Map<string, string>,
): Promise<Found> {
  const name = entry.name.toString()
  const hostPath = join(directory, name)
  const path = `${at}/${name}`
  if (!isText(entry.name)) return refused(hostPath, 'has a name that is not UTF-8', 'Give it a name in UTF-8.')
  const named = ImagePath.safeParse(path)
  if (!named.success) {
    const message = /\n/.test(name) ? 'has a line break in its name' : (named.error.issues[0]?.message ?? '')
    return refused(JSON.stringify(hostPath), message, 'Give it another name.')
  }
  if (entry.isDirectory()) return readDirectory(hostPath, path, origins)
  try {
    if (entry.isSymbolicLink()) {
      const target = await readlink(hostPath, 'buffer')
      if (!isText(target)) return refused(hostPath, 'leads to a name that is not UTF-8', 'Let it lead to another name.')
      return node({type: 'symlink', path, target: target.toString(), ...owner})
    }
    if (entry.isFile()) return node(await readNode(hostPath, path, origins))
  } catch (cause) {
    const errno = errnoOf(cause)
    const reason = errno === undefined ? '' : ` (${errno})`
    return refused(hostPath, `cannot be read${reason}`, 'Let the user who builds read it.')
  }
  return refused(hostPath, `is ${kindOf(entry)}`, 'Remove it: overlays hold files, directories and links.')
}

async function readNode(hostPath: string, path: string, origins: Map<string, string>): Promise<FileNode> {
  const {mode, size} = await stat(hostPath)
  const file = {type: 'file', path, mode: (mode & 0o100) !== 0 ? '0755' : '0644', ...owner} as const
  if (size > INLINE_BYTES) {
    const sha256 = await digestOfFile(hostPath)
    origins.set(sha256, hostPath)
    return {...file, content: {sha256, sizeBytes: size}}
  }
  const bytes = await readFile(hostPath)
  const text = bytes.toString()
  // Bytes that are no text stay exact in base64.
  if (digestOfBytes(text) === digestOfBytes(bytes)) return {...file, content: {text}}
  return {...file, content: {base64: bytes.toString('base64')}}
}

const node = (found: FileNode): Found => ({nodes: [found], problems: []})

const refused = (path: string, message: string, hint: string): Found => ({nodes: [], problems: [{path, message, hint}]})

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString()).equals(bytes)

const kindOf = (entry: Dirent<Buffer>): string =>
  entry.isFIFO() ? 'a FIFO' : entry.isSocket() ? 'a socket' : 'a device'
