import {createHash, type Hash} from 'node:crypto'
import {type FileHandle, open} from 'node:fs/promises'
import {isAbsolute} from 'node:path'
import {pathToFileURL} from 'node:url'
import * as z from 'zod'
import {HaosError, redactUrl, Sha256} from '#dsl'
import type {Http} from '#engine'
import {defineStep} from '#engine'

/**
 * Downloads one file that is pinned by its digest.
 *
 * Origins are tried in order, each several times; an interrupted download continues where it stopped, even from another
 * origin, because the digest guarantees the same file. Fails with DOWNLOAD_GONE if no origin has the file (404, 410),
 * with DIGEST_MISMATCH if one had a different file, otherwise with DOWNLOAD_FAILED.
 */
export const fetchFile = defineStep({
  kind: 'fetch',
  revision: 1,
  summary: 'downloads a file and checks its digest',
  inputs: {},
  output: 'file',
  options: z.strictObject({
    sha256: Sha256,
    /** Omitted if the size is not known in advance. */
    sizeBytes: z.int().nonnegative().optional(),
  }),
  tools: [],
  digest: ({sha256}) => sha256,
  sizeBytes: ({sizeBytes}) => sizeBytes,
  waits: true,
  async run({options, output, origins, http, signal, progress}) {
    const places = origins(options.sha256)
    await using file = await open(output, 'w')
    const download = new Download(options, file, progress)
    const failures: Failure[] = []
    for (const place of places) {
      const failure = await download.from(place, http, signal)
      if (failure === undefined) return
      failures.push(failure)
    }
    throw downloadError(failures, options)
  },
})

/** Attempts at one origin without progress. At least `progressBytes` more data counts as progress. */
const triesWithoutProgress = 3
const progressBytes = 1 << 16

interface Failure {
  readonly place: string
  readonly kind: 'gone' | 'different' | 'failed'
  readonly reason: string
}

interface Wanted {
  readonly sha256: string
  readonly sizeBytes?: number | undefined
}

/** Maximum size of a file of unknown size: more than any file in an image. */
const maxBytesUnknown = 8 * 2 ** 30

/** One download in progress: its partial file and digest. */
class Download {
  readonly #wanted: Wanted
  readonly #file: FileHandle
  readonly #progress: (doneBytes: number, totalBytes: number) => void
  #hash: Hash = createHash('sha256')
  #done = 0
  /** The most bytes ever received: an origin that restarts repeatedly makes no progress. */
  #furthest = 0

  constructor(wanted: Wanted, file: FileHandle, progress: (doneBytes: number, totalBytes: number) => void) {
    this.#wanted = wanted
    this.#file = file
    this.#progress = progress
  }

  /** Downloads the rest of the file; returns undefined if it is complete and correct. */
  async from(origin: string, http: Http, signal: AbortSignal): Promise<Failure | undefined> {
    const url = isAbsolute(origin) ? pathToFileURL(origin).href : origin
    const place = redactUrl(origin)
    let reason = 'the connection broke'
    for (let tries = 0; tries < triesWithoutProgress; tries++) {
      try {
        const status = await this.#continue(url, http, signal)
        if (typeof status === 'object') return {place, kind: 'different', reason: status.different}
        if (status === 404 || status === 410) return {place, kind: 'gone', reason: `answered ${status}`}
        if (status >= 400) return {place, kind: 'failed', reason: `answered ${status}`}
        // A response that ends early without an error is complete, so it is another file.
        return await this.#check(place)
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransferError(error)) throw error
        reason = error.message
        // This error follows a timeout: another attempt would only double the wait.
        if (error instanceof HaosError) return {place, kind: 'failed', reason}
      }
      if (this.#done >= this.#furthest + progressBytes) {
        tries = -1
        this.#furthest = this.#done
      }
    }
    return {place, kind: 'failed', reason}
  }

  /** Requests the missing bytes and appends the answer. */
  async #continue(url: string, http: Http, signal: AbortSignal): Promise<number | {readonly different: string}> {
    const range = this.#done > 0 ? {range: `bytes=${this.#done}-`} : {}
    const {status, headers, body} = await http.get(url, {headers: range, signal})
    if (status !== 200 && status !== 206) {
      await drop(body, status)
      if (status !== 416 || this.#done === 0) return status
      // This origin's file is shorter than the data from another origin. The digest of the complete file decides which
      // is right.
      await this.#restart()
      return this.#continue(url, http, signal)
    }
    const length = headers['content-encoding'] === undefined ? headers['content-length'] : undefined
    const {sizeBytes = Math.min(Number(length ?? maxBytesUnknown), maxBytesUnknown)} = this.#wanted
    if (status === 200 && length !== undefined && Number(length) !== sizeBytes) {
      await drop(body, status)
      return {different: `is ${length} bytes long instead of ${sizeBytes}`}
    }
    if (status === 200 || !headers['content-range']?.startsWith(`bytes ${this.#done}-`)) {
      if (status === 206) return drop(body, 502)
      await this.#restart()
    }
    for await (const piece of body) {
      signal.throwIfAborted()
      await writeAll(this.#file, piece, this.#done)
      this.#hash.update(piece)
      this.#done += piece.length
      this.#progress(this.#done, sizeBytes)
      if (this.#done > sizeBytes) break
    }
    return status
  }

  async #check(place: string): Promise<Failure | undefined> {
    const {sha256, sizeBytes} = this.#wanted
    const found = this.#hash.digest('hex')
    if (found === sha256) return undefined
    const reason =
      this.#done === (sizeBytes ?? this.#done)
        ? `has SHA-256 ${found} instead of ${sha256}`
        : `is not ${sizeBytes} bytes long`
    await this.#restart()
    return {place, kind: 'different', reason}
  }

  async #restart(): Promise<void> {
    await this.#file.truncate(0)
    this.#hash = createHash('sha256')
    this.#done = 0
  }
}

async function drop(body: AsyncIterable<Uint8Array>, status: number): Promise<number> {
  await body[Symbol.asyncIterator]().return?.()
  return status
}

/** A full disk, a write error or a missing network is not the origin's fault, so the next one cannot help. */
function isTransferError(error: unknown): error is Error {
  if (error instanceof HaosError) return error.code === 'DOWNLOAD_FAILED'
  return error instanceof Error && !('syscall' in error && error.syscall === 'write')
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
}

function downloadError(failures: readonly Failure[], {sizeBytes}: Wanted): HaosError {
  const problems = failures.map(({place, reason}) => ({path: place, message: reason}))
  const name = decodeURIComponent(failures[0]?.place.split('/').at(-1) ?? 'a file')
  if (failures.length === 0) {
    return new HaosError('DOWNLOAD_FAILED', 'no URL is known for the file', {
      hint: 'Name a mirror in the recipe, such as `debian({mirrors: [...]})`.',
    })
  }
  if (failures.some(({kind}) => kind === 'different')) {
    // A recipe has only the digest of a file, a lock file has its size too.
    if (sizeBytes === undefined) {
      return new HaosError('DIGEST_MISMATCH', `${name} does not have the digest that the recipe gives`, {
        hint: 'Find out why it changed before you give the recipe another `sha256`.',
        problems,
      })
    }
    return new HaosError('DIGEST_MISMATCH', `${name} is not the file that the lock file pins`, {
      hint: 'Try another mirror; if all agree, find out why the file changed before you run `haos-build lock --update`.',
      problems,
    })
  }
  if (failures.every(({kind}) => kind === 'gone')) {
    return new HaosError('DOWNLOAD_GONE', `no mirror has ${name} any more`, {
      hint: 'Run `haos-build lock --update` to pin the current versions of the mirrors, or name a snapshot service in the recipe.',
      problems,
    })
  }
  return new HaosError('DOWNLOAD_FAILED', `${name} could not be downloaded`, {
    hint: 'Check the connection and the mirrors, and run the same command again: downloaded data is kept.',
    problems,
  })
}
