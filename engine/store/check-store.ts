import type {Stats} from 'node:fs'
import {chmod, lstat, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'

/** The directories of a store. */
export const storeParts = ['blobs', 'results', 'marks', 'state', 'work', 'indexes', 'logs'] as const

/** May read, write and enter; others may nothing: what is built may hold passwords and tokens. */
const privateMode = 0o700

/**
 * Makes sure that nobody but this user and root can have put anything into a store, and closes it to others.
 *
 * A store decides what gets into images. It may be reached through a link; inside it there are none. What is not there is no
 * matter. Fails with STORE_UNUSABLE.
 */
export async function checkStore(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found === undefined) return
  await checkDirectory(directory, found)
  for (const part of storeParts) {
    const path = join(directory, part)
    const inside = await lstat(path).catch(() => undefined)
    if (inside !== undefined) await checkDirectory(path, inside)
  }
}

async function checkDirectory(path: string, found: Stats): Promise<void> {
  if (!found.isDirectory()) throw untrusted(path, found.isSymbolicLink() ? 'is a link' : 'is no directory')
  const ownId = process.geteuid?.()
  if (found.uid !== ownId && found.uid !== 0) throw untrusted(path, `belongs to another user (${found.uid})`)
  if ((found.mode & 0o022) !== 0) throw untrusted(path, 'can be written by others')
  if (found.uid === ownId && (found.mode & 0o077) !== 0) await chmod(path, privateMode)
}

const untrusted = (path: string, problem: string): HaosError =>
  new HaosError('STORE_UNUSABLE', `the store cannot be trusted: ${path} ${problem}`, {
    at: path,
    hint: 'Remove it, since anybody may have changed what is in it, or set HAOS_BUILD_STORE to a directory of your own.',
  })
