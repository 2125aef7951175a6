import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {readdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/** Writes beside the target and renames, so that a reader or a power cut meets the old file or the new one. */
export async function writeAtomically(path: string, text: string | Uint8Array): Promise<void> {
  const half = halfOf(path)
  try {
    await writeFile(half, text, {flush: true})
    await rename(half, path)
  } catch (error) {
    await rm(half, {force: true})
    throw error
  }
}

/** Where a file is written before it gets its name. */
export const halfOf = (path: string): string => `${path}.${randomBytes(3).toString('hex')}.${process.pid}.half`

/** Removes the files and directories that killed processes left half-written in a directory, of one name or of all; one that still runs has a process. */
export async function removeHalves(directory: string, fileName = ''): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = name.startsWith(fileName) ? /\.(\d+)\.half$/.exec(name)?.[1] : undefined
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(join(directory, name), {recursive: true, force: true})
  }
}
