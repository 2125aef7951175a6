import type {BigIntStats} from 'node:fs'
import {mkdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import type {Digest} from './digest.ts'

/** Identity of a file with a known digest: another file, or one written to since, differs in one of these. */
export const fileState = ({ino, size, mtimeNs, ctimeNs}: BigIntStats): string => `${ino} ${size} ${mtimeNs} ${ctimeNs}`

/**
 * Notes on the blobs of a store, one file each: the identity of the file that had the digest, so that it
 * need not be read again until it changes; and, as the note's mtime, the blob's last use.
 *
 * The blob's own mtime cannot serve for that, since it is part of its identity. A lost note costs one reading.
 */
export class BlobMarks {
  readonly #directory: string

  constructor(storeDirectory: string) {
    this.#directory = join(storeDirectory, 'marks')
  }

  /** Host path of the note on a digest, whether or not it exists. */
  path(digest: Digest): string {
    return join(this.#directory, digest.slice(0, 2), digest)
  }

  /** Whether this very file was found to have the digest. */
  async knows(digest: Digest, state: string): Promise<boolean> {
    return (await readFile(this.path(digest), 'utf8').catch(() => undefined)) === state
  }

  /** Notes that this file has the digest. If the note cannot be written, the file is read again next time. */
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

  /** Notes a use now. False if there is no note. */
  async use(digest: Digest): Promise<boolean> {
    const now = new Date()
    return utimes(this.path(digest), now, now).then(
      () => true,
      () => false,
    )
  }

  /** Removes the note. */
  forget(digest: Digest): Promise<void> {
    return rm(this.path(digest), {force: true}).catch(() => {})
  }
}
