import {readdir} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {Store} from './store.ts'

/** What reading the whole store has shown. */
export interface VerifiedCache {
  readonly directory: string
  /** Files that were read. */
  readonly files: number
  readonly sizeBytes: number
  /** Digests of those that were not what they are called. They were taken away. */
  readonly damaged: readonly string[]
}

/**
 * Reads all bytes of a store and takes those away that are not the bytes of their digest, so that the next build makes or
 * fetches them again. Finds also what a disk has lost without a trace. A store that is not there is made. Fails with STORE_UNUSABLE.
 */
export async function verifyCache(directory: string, signal: AbortSignal): Promise<VerifiedCache> {
  const store = await Store.open(directory)
  await using _held = await store.hold()
  const entries = await readdir(join(directory, 'blobs'), {recursive: true, withFileTypes: true})
  const names = entries.filter((entry) => !entry.isDirectory()).map(({name}) => name)
  const pending = names.values()
  const damaged: string[] = []
  let [files, sizeBytes] = [0, 0]
  const work = async () => {
    for (const digest of pending) {
      const size = store.sizeOf(digest)
      const verdict = await store.verify(digest, {again: true, signal})
      if (verdict === 'missing') continue
      files += 1
      sizeBytes += size
      if (verdict === 'damaged') damaged.push(digest)
    }
  }
  await Promise.all(Array.from({length: availableParallelism()}, work))
  return {directory, files, sizeBytes, damaged: damaged.sort()}
}
