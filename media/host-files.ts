import {constants} from 'node:fs'
import {access, lstat, readdir, readlink, realpath} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError, parentsOf} from '#dsl'
import type {TreeEntry} from '#formats'
import type {AddedFile} from './medium.ts'

/** Limit of Rock Ridge, ext4 and the kernel (NAME_MAX of limits.h). */
const MAX_NAME_BYTES = 255

/** The type of a path on a medium; a symlink is not a directory, whatever its target. */
export type PathKind = 'directory' | 'other'

/**
 * Reads files for a medium, directories with their contents: owned by root, with their permissions on the host.
 *
 * `reserved` are paths that other options set, with the names of those. Fails with USAGE_INVALID.
 */
export async function readHostFiles(
  files: readonly AddedFile[],
  reserved: ReadonlyMap<string, string> = new Map(),
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = []
  for (const {from, to} of files) {
    if (!/^(?:\/[^/\0\n]+)+$/.test(to) || to.split('/').some((name) => name === '.' || name === '..')) {
      throw refusal(
        `"${to}" is not a path on the medium`,
        'Write an absolute path without a trailing slash, such as /extra/file.',
      )
    }
    const long = to.split('/').find((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)
    if (long !== undefined) {
      throw refusal(
        `"${to}" contains a name of ${Buffer.byteLength(long)} bytes`,
        `Choose one of at most ${MAX_NAME_BYTES} bytes: a medium would cut it.`,
      )
    }
    // The path itself may be a symlink: its target counts.
    entries.push(...(await readHostTree(await realpath(from).catch(() => from), to)))
  }
  for (const {path} of entries) {
    const option = reserved.get(path)
    if (option !== undefined) throw refusal(`${path} cannot be replaced by --file`, `Use ${option}.`)
  }
  return entries
}

/** Fails with USAGE_INVALID if a directory would replace something else, or vice versa. */
export function checkPlaces(entries: readonly TreeEntry[], kindAt: (path: string) => PathKind | undefined): void {
  const wanted = new Map<string, PathKind>()
  const want = (path: string, kind: PathKind) => {
    const found = wanted.get(path) ?? kindAt(path)
    if (found !== undefined && found !== kind) {
      const problem = found === 'directory' ? 'a directory' : 'not a directory'
      throw refusal(`${path} is ${problem}, and cannot be replaced`, 'Name another path.')
    }
    wanted.set(path, kind)
  }
  for (const {path, type} of entries) {
    for (const parent of parentsOf(path)) want(parent, 'directory')
    want(path, type === 'directory' ? 'directory' : 'other')
  }
}

async function readHostTree(from: string, path: string): Promise<readonly TreeEntry[]> {
  const found = await lstat(from).catch(() => undefined)
  if (found === undefined) throw refusal(`there is no file ${from}`, 'Check the path.')
  const entry = {path, mode: found.mode & 0o777, uid: 0, gid: 0}
  if (found.isSymbolicLink()) return [{...entry, type: 'symlink', target: await readlink(from)}]
  if (!found.isFile() && !found.isDirectory()) {
    throw refusal(`${from} is not a file, directory or symlink`, 'Omit it: a medium can contain nothing else.')
  }
  await access(from, constants.R_OK).catch(() => {
    throw refusal(`${from} cannot be read`, 'Make it readable, or omit it.')
  })
  if (found.isFile()) return [{...entry, type: 'file', content: {hostPath: from, offset: 0, sizeBytes: found.size}}]
  const entries: TreeEntry[] = [{...entry, type: 'directory'}]
  for (const name of (await readdir(from)).sort())
    entries.push(...(await readHostTree(join(from, name), `${path}/${name}`)))
  return entries
}

const refusal = (message: string, hint: string): HaosError =>
  new HaosError('USAGE_INVALID', message, {hint, at: '--file'})
