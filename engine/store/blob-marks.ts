import type {BigIntStats} from 'node:fs'
import {mkdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import type {Digest} from './digest.ts'

/** Which file it was that had a digest: another one, and one that was written to since, differs in one of these. */
export const fileState = ({ino, size, mtimeNs, ctimeNs}: BigIntStats): string => `${ino} ${size} ${mtimeNs} ${ctimeNs}`

/**
 * What is noted of the blobs of a store, each in a file of its own: which file was found to have the digest, so that it
 * need not be read again until it changes; and, as the time of that note, when the blob was used last.
 *
 * The latter cannot be the time of the blob itself, by whose times it is known. A note that is lost costs one reading.
 */
export class BlobMarks {
  readonly #directory: string

  constructor(storeDirectory: string) {
    this.#directory = join(storeDirectory, 'marks')
  }

  /** Host path of the note on a digest, there or not. */
  path(digest: Digest): string {
    return join(this.#directory, digest.slice(0, 2), digest)
  }

  /** Whether this very file was found to have the digest. */
  async knows(digest: Digest, state: string): Promise<boolean> {
    return (await readFile(this.path(digest), 'utf8').catch(() => undefined)) === state
  }

  /** Notes that this file has the digest. Where nothing can be written, it is read again the next time. */
  async note(digest: Digest, state: string): Promise<void> {
    const path = this.path(digest)
    try {
      await writeFile(path, state).catch(async () => {
        await mkdir(dirname(path), {recursive: true})
        await writeFile(path, state)
      })
    } catch {
      await this.forget(digest)
    }
  }

  /** Notes a use now. False where nothing was ever noted. */
  async use(digest: Digest): Promise<boolean> {
    const now = new Date()
    return utimes(this.path(digest), now, now).then(
      () => true,
      () => false,
    )
  }

  /** Forgets what was noted. */
  forget(digest: Digest): Promise<void> {
    return rm(this.path(digest), {force: true}).catch(() => {})
  }
}
