import {open} from 'node:fs/promises'

/** Makes a written file outlive a power cut (fsync(2)): for outputs, not for the store, which can be made again. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
