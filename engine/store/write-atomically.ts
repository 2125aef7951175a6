import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {readdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/** Writes to a temporary name and renames, so that a reader or a power cut sees the old file or the new one. */
export async function writeAtomically(path: string, text: string | Uint8Array): Promise<void> {
  const partial = partialPathOf(path)
  try {
    await writeFile(partial, text, {flush: true})
    await rename(partial, path)
  } catch (error) {
    await rm(partial, {force: true})
    throw error
  }
}

/** Temporary path of a file before it gets its name. */
export const partialPathOf = (path: string): string => `${path}.${randomBytes(3).toString('hex')}.${process.pid}.half`

/** Removes partial files and directories of killed processes from a directory, for one name or for all. */
export async function removePartialFiles(directory: string, fileName = ''): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = name.startsWith(fileName) ? /\.(\d+)\.half$/.exec(name)?.[1] : undefined
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(join(directory, name), {recursive: true, force: true})
  }
}
