import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {EmitEvent} from '../run/events.ts'
import type {CachedResult, ResultCache} from '../run/result-cache.ts'
import type {Digest} from '../store/digest.ts'
import {removeTree, type Store} from '../store/store.ts'
import {type CacheAddress, parseCacheAddress} from './cache-address.ts'
import {loadLogin} from './netrc.ts'
import {RemoteCache} from './remote-cache.ts'

export interface RemoteCachesOptions {
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** Milliseconds without an answer that end a request. Default: 10 000. */
  readonly silenceMs?: number
}

/** The caches that a user names, asked in their order. Disposal waits for what is being sent. */
export class RemoteCaches implements ResultCache, AsyncDisposable {
  readonly #caches: readonly RemoteCache[]
  readonly #emit: EmitEvent
  readonly #sending = new Set<Promise<void>>()
  /** By digest: results of different steps may have the same bytes. */
  readonly #fetching = new Map<Digest, Promise<boolean>>()

  private constructor(caches: readonly RemoteCache[], emit: EmitEvent) {
    this.#caches = caches
    this.#emit = emit
  }

  /** Opens caches by `URL` or `URL,write`. Asks none of them yet. Fails with USAGE_INVALID. */
  static async open(addresses: readonly string[], options: RemoteCachesOptions): Promise<RemoteCaches> {
    const {emit, ...running} = options
    const note = (message: string) => emit({type: 'note', message})
    const complete = await Promise.all(addresses.map(parseCacheAddress).map(withLogin))
    return new RemoteCaches(
      complete.map((address) => new RemoteCache({address, note, ...running})),
      emit,
    )
  }

  async lookup(key: Digest): Promise<CachedResult | undefined> {
    for (const cache of this.#caches) {
      const found = await cache.lookup(key)
      if (found !== undefined) return found
    }
    return undefined
  }

  fetch(result: CachedResult, store: Store): Promise<boolean> {
    const fetching = this.#fetching.get(result.digest) ?? this.#fetch(result, store)
    this.#fetching.set(result.digest, fetching)
    return fetching
  }

  async #fetch(result: CachedResult, store: Store): Promise<boolean> {
    const work = await store.scratch('cached')
    try {
      const path = join(work, 'result')
      for (const cache of this.#caches) {
        await rm(path, {force: true})
        if (!(await cache.fetch(result, path))) continue
        await store.adopt(path, result.digest)
        return true
      }
      return false
    } finally {
      await removeTree(work)
    }
  }

  send(key: Digest, result: CachedResult, store: Store): void {
    for (const cache of this.#caches) {
      const sending = cache.send(key, result, store.blobPath(result.digest))
      this.#sending.add(sending)
      void sending.finally(() => this.#sending.delete(sending))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sending)
    for (const {name, counts} of this.#caches) {
      if (counts.fetched + counts.sent === 0) continue
      this.#emit({type: 'note', message: `${name}: ${counts.fetched} results fetched, ${counts.sent} sent`})
    }
  }
}

/** Credentials are in the URL, or else in .netrc. */
async function withLogin(address: CacheAddress): Promise<CacheAddress> {
  const url = new URL(address.url)
  if (url.username !== '' || url.password !== '') return address
  const login = await loadLogin(url.hostname)
  if (login === undefined) return address
  url.username = encodeURIComponent(login.user)
  url.password = encodeURIComponent(login.password)
  return {...address, url: url.href.replace(/\/+$/, '')}
}
