import type {Stats} from 'node:fs'
import {chmod, lstat, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'

/** The directories of a store. */
export const storeParts = ['blobs', 'results', 'marks', 'state', 'work', 'indexes', 'logs'] as const

/** Only the owner has access: images may contain passwords and tokens. */
const privateMode = 0o700

/**
 * Makes sure that only this user and root can have written to a store, and closes it to others.
 *
 * A store decides what gets into images. The path to it may be a link; inside it there are none. Missing directories are
 * fine. Fails with STORE_UNUSABLE.
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
