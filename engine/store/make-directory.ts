import {mkdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {errnoOf} from '../errno.ts'

/**
 * Makes a directory and its parents, unless it exists. Fails with the error of mkdir(2).
 *
 * It tries each directory once, from the lowest: Node's recursive mkdir loops forever below an existing directory such as /proc,
 * in which nothing can be created.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await makeOne(path)) return
  await makeDirectory(dirname(path))
  await mkdir(path).catch((error: unknown) => acceptExisting(error, path))
}

/** False if the parent directory is missing. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return false
    await acceptExisting(error, path)
  }
  return true
}

/** Whether the directory exists, whatever the error of mkdir(2). */
async function acceptExisting(error: unknown, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) throw error
}
