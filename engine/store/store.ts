import {constants, lstatSync, readdirSync, readFileSync} from 'node:fs'
import {chmod, type FileHandle, mkdir, open, readFile, rename, rm, utimes, writeFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import * as z from 'zod'
import {errnoOf} from '../errno.ts'
import {BlobMarks, fileState} from './blob-marks.ts'
import {checkStore, storeParts} from './check-store.ts'
import {type Digest, digestOfHandle} from './digest.ts'
import {makeDirectory} from './make-directory.ts'
import {storeError} from './store-error.ts'
import {belongsToLiving, isWorkName, workName} from './work-name.ts'
import {removePartialFiles} from './write-atomically.ts'

const ResultRecord = z.object({digest: z.string(), sizeBytes: z.number(), durationMs: z.number(), name: z.string()})

/** The record of a finished step: the digest of its result. The bytes themselves may have been cleared since. */
export type ResultRecord = z.output<typeof ResultRecord>

/** Default directory of the store (XDG Base Directory Specification). */
export const defaultStoreDirectory = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  resolve(env['HAOS_BUILD_STORE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build', 'store'))

/**
 * Results by cache key, and bytes by digest.
 *
 * Nothing is ever changed in place: results are made in a scratch directory and renamed to
 * their digest, so two builds may share a store and a killed one leaves only scratch behind, which
 * the next build removes. Bytes reach the disk before they get their name, and are read and compared with it
 * before use, unless that was done since the file last changed.
 */
export class Store {
  readonly directory: string
  readonly #adopted = new Set<Digest>()
  readonly #marks: BlobMarks

  private constructor(directory: string) {
    this.directory = directory
    this.#marks = new BlobMarks(directory)
  }

  /**
   * Opens a store, creating it if necessary, and removes the scratch files of dead builds. Fails with STORE_UNUSABLE, also if others
   * could have written to it.
   */
  static async open(directory: string): Promise<Store> {
    try {
      await checkStore(directory)
      for (const part of storeParts) await makeDirectory(join(directory, part))
      await checkStore(directory)
    } catch (error) {
      throw storeError(error, directory)
    }
    const store = new Store(directory)
    await store.#removeDeadWork()
    return store
  }

  /** Host path of the bytes of a digest, whether or not they exist. */
  blobPath(digest: Digest): string {
    return join(this.directory, 'blobs', digest.slice(0, 2), digest)
  }

  /** Number of bytes stored for a digest, correct or not; 0 if there are none. */
  sizeOf(digest: Digest): number {
    return lstatSync(this.blobPath(digest), {throwIfNoEntry: false})?.size ?? 0
  }

  /** Whether there are bytes for a digest, in full length if that is known. Only `verify` compares them. */
  has(digest: Digest, sizeBytes?: number): boolean {
    const found = lstatSync(this.blobPath(digest), {throwIfNoEntry: false})
    return found?.isFile() === true && (sizeBytes === undefined || found.size === sizeBytes)
  }

  /**
   * Compares bytes with their digest, and removes damaged ones, so that they are rebuilt or downloaded again.
   *
   * Reads them unless that was done since the file last changed; always with `again`.
   */
  async verify(
    digest: Digest,
    {again = false, signal}: {readonly again?: boolean; readonly signal?: AbortSignal} = {},
  ): Promise<'good' | 'damaged' | 'missing'> {
    const verdict = await this.#compare(digest, {again, signal})
    if (verdict === 'damaged') await this.drop(digest)
    return verdict
  }

  async #compare(
    digest: Digest,
    {again, signal}: {readonly again: boolean; readonly signal: AbortSignal | undefined},
  ): Promise<'good' | 'damaged' | 'missing'> {
    let file: FileHandle
    try {
      file = await open(this.blobPath(digest), constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch (error) {
      return errnoOf(error) === 'ELOOP' ? 'damaged' : 'missing'
    }
    await using _closed = file
    const before = fileState(await file.stat({bigint: true}))
    if (!again && (await this.#marks.knows(digest, before))) return 'good'
    if ((await digestOfHandle(file, signal)) !== digest) return 'damaged'
    const after = fileState(await file.stat({bigint: true}))
    // Another process is writing to it: the next use reads it again.
    if (after === before) await this.#marks.note(digest, after)
    return 'good'
  }

  /** The record of a cache key, if there is one. */
  async lookup(key: Digest): Promise<ResultRecord | undefined> {
    try {
      const text = await readFile(this.#resultPath(key), 'utf8')
      await markUsed(this.#resultPath(key))
      return ResultRecord.safeParse(JSON.parse(text)).data
    } catch {
      return undefined
    }
  }

  /** An empty directory that no other build uses. Fails with STORE_UNUSABLE. */
  async scratch(label: string): Promise<string> {
    const directory = join(this.directory, 'work', workName(label))
    await this.#write(() => mkdir(directory))
    return directory
  }

  /**
   * Marks a build as running until disposed: `cache` removes nothing that was used since.
   * Fails with STORE_UNUSABLE.
   */
  async hold(): Promise<AsyncDisposable> {
    const mark = await this.scratch(holdLabel)
    return {[Symbol.asyncDispose]: () => removeTree(mark)}
  }

  /**
   * Takes a finished file into the store. `beside` reads the file while its digest is computed: it has this path until then.
   * Fails with STORE_UNUSABLE.
   */
  async commit(path: string, beside?: () => Promise<void>): Promise<{digest: Digest; sizeBytes: number}> {
    return this.#take(path, undefined, beside)
  }

  /** Takes a file whose digest is known for certain into the store. Fails with STORE_UNUSABLE. */
  async adopt(path: string, digest: Digest): Promise<void> {
    await this.#take(path, digest)
  }

  async #take(
    path: string,
    known: Digest | undefined,
    beside?: () => Promise<void>,
  ): Promise<{digest: Digest; sizeBytes: number}> {
    await chmod(path, 0o400)
    // A tool may have set any mtime.
    await markUsed(path)
    await using file = await open(path, 'r')
    const before = await file.stat({bigint: true})
    const [digest] = await Promise.all([
      known ?? digestOfHandle(file),
      // Otherwise a power cut could leave the name with wrong bytes, or none.
      this.#write(() => file.datasync()),
      beside?.(),
    ])
    const place = this.blobPath(digest)
    await this.#write(async () => {
      await makeDirectory(dirname(place))
      await rename(path, place)
    })
    this.#adopted.add(digest)
    const after = await file.stat({bigint: true})
    // A rename keeps the mtime: a write in between has changed it.
    if (after.mtimeNs === before.mtimeNs && after.size === before.size) await this.#marks.note(digest, fileState(after))
    return {digest, sizeBytes: Number(after.size)}
  }

  /** Whether bytes were stored in this run, so that their digest need not be computed again. */
  isFresh(digest: Digest): boolean {
    return this.#adopted.has(digest)
  }

  /** Removes bytes, so that they are made again when needed. */
  async drop(digest: Digest): Promise<void> {
    await this.#write(() => rm(this.blobPath(digest), {force: true}))
    await this.#marks.forget(digest)
  }

  /** Records the result of a cache key. */
  async record(key: Digest, record: ResultRecord): Promise<void> {
    await this.#write(() => makeDirectory(dirname(this.#resultPath(key))))
    await this.#replace(this.#resultPath(key), `${JSON.stringify(record)}\n`)
  }

  /** Marks bytes as used, so that `cache prune` keeps them. False if they are missing. */
  async touch(digest: Digest): Promise<boolean> {
    // Note the use before the check: `cache prune` renames the bytes first and checks the time then.
    if (await this.#marks.use(digest)) return this.has(digest)
    return markUsed(this.blobPath(digest))
  }

  /** Reads small values kept between builds, such as tool versions. */
  readState(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.directory, 'state', `${name}.json`), 'utf8'))
    } catch {
      return undefined
    }
  }

  /** Writes small values kept between builds. */
  async writeState(name: string, value: unknown): Promise<void> {
    await this.#replace(join(this.directory, 'state', `${name}.json`), JSON.stringify(value))
  }

  #resultPath(key: Digest): string {
    return join(this.directory, 'results', key.slice(0, 2), `${key}.json`)
  }

  async #replace(path: string, text: string): Promise<void> {
    // In the scratch directory, so that the next build removes it if this one is killed here.
    const temporary = join(this.directory, 'work', workName('record'))
    try {
      await this.#write(async () => {
        await writeFile(temporary, text)
        await rename(temporary, path)
      })
    } catch (error) {
      await rm(temporary, {force: true})
      throw error
    }
  }

  async #write(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw storeError(error, this.directory)
    }
  }

  async #removeDeadWork(): Promise<void> {
    const work = join(this.directory, 'work')
    for (const name of readdirSync(work)) {
      // A tool that outlived its killed build may still write there: then the opening after this one removes it.
      if (isWorkName(name) && !belongsToLiving(name)) await removeTree(join(work, name)).catch(() => {})
    }
    // Failure to remove them is harmless.
    await removePartialFiles(join(this.directory, 'state')).catch(() => {})
  }
}

/** Label of a whole build's scratch directory. */
export const holdLabel = 'hold'

/** Sets the time of last use; false if there is no such file. Another user's file keeps its time. */
const markUsed = (path: string): Promise<boolean> => {
  const now = new Date()
  return utimes(path, now, now).then(
    () => true,
    (error: unknown) => errnoOf(error) !== 'ENOENT',
  )
}

/** Removes a directory even if a step has left directories without write permission in it. */
export async function removeTree(directory: string): Promise<void> {
  await rm(directory, {recursive: true, force: true}).catch(async () => {
    const pending = [directory]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      await chmod(next, 0o700).catch(() => {})
      for (const entry of readdirSync(next, {withFileTypes: true})) {
        if (entry.isDirectory()) pending.push(join(next, entry.name))
      }
    }
    await rm(directory, {recursive: true, force: true})
  })
}
