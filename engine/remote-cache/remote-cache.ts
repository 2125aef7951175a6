import {createHash} from 'node:crypto'
import {openAsBlob} from 'node:fs'
import {open} from 'node:fs/promises'
import {HaosError} from '#dsl'
import type {Http, HttpResponse} from '../http/http.ts'
import {nodeHttp} from '../http/node-http.ts'
import {putBody} from '../http/put-body.ts'
import {readBody} from '../http/read-body.ts'
import {reasonOf} from '../http/reason-of.ts'
import type {CachedResult} from '../run/result-cache.ts'
import {Slots} from '../run/slots.ts'
import type {Digest} from '../store/digest.ts'
import {parseActionResult, renderActionResult} from './action-result.ts'
import type {CacheAddress} from './cache-address.ts'

export interface RemoteCacheOptions {
  readonly address: CacheAddress
  readonly signal: AbortSignal
  /** Receives one message at most: why the cache is left alone. */
  readonly note: (message: string) => void
  /** Milliseconds without an answer that end a request. Default: 10 000. */
  readonly silenceMs?: number | undefined
}

/** Rate below which a transfer is too slow: making the result is mostly faster. */
const minBytesPerMs = 256

/** Entries have some 150 bytes; those of other clients may have more. */
const maxEntryBytes = 1 << 16

/** An answer that a sound cache does not give. */
class CacheFault extends Error {}

/**
 * One server of Bazel's remote cache protocol over HTTP: `ac/` holds an ActionResult for each cache key, `cas/` bytes by digest.
 *
 * After its first fault it is asked nothing more. A server that only refuses what it is sent is still read.
 */
export class RemoteCache {
  readonly #address: CacheAddress
  readonly #signal: AbortSignal
  readonly #note: (message: string) => void
  readonly #silenceMs: number
  readonly #http: Http
  readonly #requests = new Slots(16)
  /** Uploads wait for each other, not for requests that a step waits for. */
  readonly #uploads = new Slots(4)
  readonly #sent = new Map<Digest, Promise<void>>()
  #isReadable = true
  #isWritable: boolean
  #isNoted = false
  /** Files fetched and results sent. */
  readonly counts = {fetched: 0, sent: 0}

  constructor({address, signal, note, silenceMs = 10_000}: RemoteCacheOptions) {
    this.#address = address
    this.#signal = signal
    this.#note = note
    this.#silenceMs = silenceMs
    this.#http = nodeHttp({tries: 1, stallMs: silenceMs})
    this.#isWritable = address.writes
  }

  /** Its URL without credentials. */
  get name(): string {
    return this.#address.name
  }

  /** The result of a cache key. */
  lookup(key: Digest): Promise<CachedResult | undefined> {
    return this.#read(maxEntryBytes, async (signal) => {
      const response = await this.#get(`ac/${key}`, signal)
      if (response === undefined) return undefined
      const result = parseActionResult(await readBody(response, this.name, maxEntryBytes))
      if (result === undefined) throw new CacheFault('it has an entry that is damaged, or not of haos-build')
      return result
    })
  }

  /** Writes the bytes of a result to a new file. False if the cache does not have them; the file is then useless. */
  async fetch(result: CachedResult, path: string): Promise<boolean> {
    const isComplete = await this.#read(result.sizeBytes, async (signal) => {
      const response = await this.#get(`cas/${result.digest}`, signal)
      if (response === undefined) return false
      await writeChecked(response, result, path)
      return true
    })
    if (isComplete) this.counts.fetched += 1
    return isComplete ?? false
  }

  /** Sends the bytes of a result, and then its entry: one that names missing bytes would be useless. */
  async send(key: Digest, result: CachedResult, path: string): Promise<void> {
    if (!this.#isWritable) return
    try {
      using _slot = await this.#uploads.take(this.#signal)
      const known = this.#sent.get(result.digest)
      const sending = known ?? this.#put(`cas/${result.digest}`, result.sizeBytes, () => openAsBlob(path))
      this.#sent.set(result.digest, sending)
      await sending
      const entry = Uint8Array.from(renderActionResult(result))
      await this.#put(`ac/${key}`, entry.length, async () => new Blob([entry]))
      if (this.#isWritable) this.counts.sent += 1
    } catch (error) {
      if (this.#signal.aborted) return
      this.#isWritable = false
      // A server that cannot be reached is not asked either.
      if (!(error instanceof CacheFault)) this.#isReadable = false
      this.#say(error)
    }
  }

  async #put(place: string, sizeBytes: number, body: () => Promise<Blob>): Promise<void> {
    if (!this.#isWritable) return
    const status = await putBody(`${this.#address.url}/${place}`, await body(), this.#limit(sizeBytes))
    if (status < 200 || status > 299) throw new CacheFault(`it refuses what it is sent with status ${status}`)
  }

  /** Runs a request within its time. Undefined after a fault. */
  async #read<Value>(sizeBytes: number, ask: (signal: AbortSignal) => Promise<Value>): Promise<Value | undefined> {
    if (!this.#isReadable) return undefined
    using _slot = await this.#requests.take(this.#signal)
    if (!this.#isReadable) return undefined
    try {
      return await ask(this.#limit(sizeBytes))
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#isReadable = false
      this.#isWritable = false
      this.#say(error)
      return undefined
    }
  }

  #limit(sizeBytes: number): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(this.#silenceMs + Math.ceil(sizeBytes / minBytesPerMs))])
  }

  /** The answer to a GET; undefined if the cache does not have it. */
  async #get(place: string, signal: AbortSignal): Promise<HttpResponse | undefined> {
    const response = await this.#http.get(`${this.#address.url}/${place}`, {signal})
    if (response.status === 200) return response
    // So that the connection serves the next request.
    await readBody(response, this.name, maxEntryBytes)
    if (response.status === 404) return undefined
    throw new CacheFault(`it answers with status ${response.status}`)
  }

  #say(error: unknown): void {
    if (this.#isNoted) return
    this.#isNoted = true
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const reason = isLate ? 'it is too slow' : error instanceof HaosError ? error.message : reasonOf(error)
    this.#note(`the cache ${this.name} is left alone: ${reason}`)
  }
}

/** Writes an answer that has the size and the digest of a result. Throws a CacheFault if it has not. */
async function writeChecked({body}: HttpResponse, {digest, sizeBytes}: CachedResult, path: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > sizeBytes) break
    hash.update(piece)
    await file.writeFile(piece)
  }
  if (size !== sizeBytes || hash.digest('hex') !== digest)
    throw new CacheFault('it has other bytes than their digest says')
}
