import {mkdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {errnoOf} from '../errno.ts'

/**
 * Makes a directory and those above it, unless it is there. Fails with the error of mkdir(2).
 *
 * Each once, from below: Node's recursive mkdir tries without end where a directory is and nothing can be made in it, as in /proc.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await madeOrThere(path)) return
  await makeDirectory(dirname(path))
  await mkdir(path).catch((error: unknown) => acceptThere(error, path))
}

/** False where the directory above is missing. */
async function madeOrThere(path: string): Promise<boolean> {
  try {
    await mkdir(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return false
    await acceptThere(error, path)
  }
  return true
}

/** Whatever mkdir(2) says of a directory that is there, it is there. */
async function acceptThere(error: unknown, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) throw error
}
