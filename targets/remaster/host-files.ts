import {lstat, readdir, readlink, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import type {TreeEntry} from '#engine'
import type {AddedFile} from './medium.ts'

/** Fails with USAGE_INVALID where a file is not there, or is to go where none can. */
export async function checkFile({from, to}: AddedFile): Promise<void> {
  if (!/^(?:\/[^/\0\n]+)+$/.test(to) || to.split('/').some((name) => name === '.' || name === '..')) {
    throw new HaosError('USAGE_INVALID', `"${to}" is no path on the medium`, {
      hint: 'Write an absolute path without a trailing slash, such as /extra/file.',
      at: '--file',
    })
  }
  const found = await stat(from).catch(() => undefined)
  if (found?.isFile() || found?.isDirectory()) return
  throw new HaosError('USAGE_INVALID', `there is no file ${from}`, {hint: 'Check the path.', at: '--file'})
}

/** What a file, or a directory with all that is in it, becomes on a medium: of root, with the permissions that it has here. */
export async function readHostFiles({from, to}: AddedFile): Promise<readonly TreeEntry[]> {
  await checkFile({from, to})
  // The path itself may be a link: what it leads to was meant.
  return readHostTree(from, to, await stat(from))
}

async function readHostTree(
  from: string,
  path: string,
  found: Awaited<ReturnType<typeof lstat>>,
): Promise<readonly TreeEntry[]> {
  const entry = {path, mode: Number(found.mode) & 0o777, uid: 0, gid: 0}
  if (found.isFile()) {
    return [{...entry, type: 'file', content: {hostPath: from, offset: 0, sizeBytes: Number(found.size)}}]
  }
  if (found.isSymbolicLink()) return [{...entry, type: 'symlink', target: await readlink(from)}]
  if (!found.isDirectory()) {
    throw new HaosError('USAGE_INVALID', `${from} is no file, directory or symbolic link`, {
      hint: 'Leave it out: nothing else can be put on a medium.',
      at: '--file',
    })
  }
  const entries: TreeEntry[] = [{...entry, type: 'directory'}]
  for (const name of (await readdir(from)).sort()) {
    const child = join(from, name)
    entries.push(...(await readHostTree(child, `${path}/${name}`, await lstat(child))))
  }
  return entries
}
