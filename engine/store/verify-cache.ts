import {readdir} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {checkDirectory} from './keep-directory.ts'
import {removeTree, Store} from './store.ts'

/** Result of reading the whole store. */
export interface VerifiedCache {
  readonly directory: string
  /** Number of files read, without those of tools. */
  readonly files: number
  readonly sizeBytes: number
  /** Digests of damaged files, and of the contents of damaged directories of tools, which were removed. */
  readonly damaged: readonly string[]
}

/**
 * Reads all files of a store and removes those that do not match their digest, so that the next build rebuilds or
 * downloads them again. Also finds silent corruption of the disk. Creates a missing store. Fails with STORE_UNUSABLE.
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
  const trees: string[] = await readdir(join(directory, 'trees'))
  for (const name of trees) {
    const path = join(directory, 'trees', name)
    if ((await checkDirectory(path, {again: true})) === 'good') continue
    damaged.push(name)
    await removeTree(path)
  }
  return {directory, files, sizeBytes, damaged: damaged.sort()}
}
