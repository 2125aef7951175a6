import {open} from 'node:fs/promises'

/** Makes a written file survive a power failure (fsync(2)): for outputs, not for the store, whose files can be rebuilt. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
