import type {Stats} from 'node:fs'
import {chmod, lstat, readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'

/** The directories of a store. */
export const storeParts = ['blobs', 'results', 'marks', 'state', 'work', 'indexes', 'logs', 'trees'] as const

/** Only the owner has access: images may contain passwords and tokens. */
const privateMode = 0o700

/**
 * Makes sure that only this user and root can have written to a store, and closes it to others.
 *
 * A store decides what gets into images. The path to it may be a link; inside it there are none. Missing directories are
 * fine. A directory of other files, such as the user's home, is refused and left unchanged. Fails with STORE_UNUSABLE.
 */
export async function checkStore(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found === undefined) return
  if (found.isDirectory()) await refuseOtherFiles(directory)
  await checkDirectory(directory, found)
  for (const part of storeParts) {
    const path = join(directory, part)
    const inside = await lstat(path).catch(() => undefined)
    if (inside !== undefined) await checkDirectory(path, inside)
  }
}

/** Closing a directory such as `/` to others would break the machine. An unreadable directory is reported when it is used. */
async function refuseOtherFiles(directory: string): Promise<void> {
  const names: string[] = await readdir(directory).catch(() => [])
  // A new store gets its first part first; a file system has a directory for fsck.
  const known: readonly string[] = [...storeParts, 'lost+found']
  const other = names.includes(storeParts[0]) ? undefined : names.find((name) => !known.includes(name))
  if (other === undefined) return
  throw new HaosError('STORE_UNUSABLE', `${directory} is not a store: it contains ${other}`, {
    at: directory,
    hint: 'Set HAOS_BUILD_STORE to a directory of its own, which is empty or does not exist yet.',
  })
}

async function checkDirectory(path: string, found: Stats): Promise<void> {
  if (!found.isDirectory()) throw untrusted(path, found.isSymbolicLink() ? 'is a link' : 'is not a directory')
  const ownId = process.geteuid?.()
  if (found.uid !== ownId && found.uid !== 0) throw untrusted(path, `belongs to another user (${found.uid})`)
  if ((found.mode & 0o022) !== 0) throw untrusted(path, 'can be written by others')
  if (found.uid === ownId && (found.mode & 0o077) !== 0) await chmod(path, privateMode)
}

const untrusted = (path: string, problem: string): HaosError =>
  new HaosError('STORE_UNUSABLE', `the store cannot be trusted: ${path} ${problem}`, {
    at: path,
    hint: 'Remove it, since others may have changed its contents, or set HAOS_BUILD_STORE to your own directory.',
  })
