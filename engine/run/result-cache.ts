import type {Digest} from '../store/digest.ts'
import type {ResultRecord, Store} from '../store/store.ts'

/** A result by the digest of its bytes. */
export type CachedResult = Pick<ResultRecord, 'digest' | 'sizeBytes'>

/**
 * Results that other machines have made, by cache key: a port.
 *
 * A fault of a cache is a miss. Methods reject only if the build is aborted.
 */
export interface ResultCache {
  /** The result of a cache key; undefined if no cache knows it. */
  lookup(key: Digest): Promise<CachedResult | undefined>
  /** Takes bytes into the store, after comparing them with their digest. False if no cache has them. */
  fetch(result: CachedResult, store: Store): Promise<boolean>
  /** Sends a result that the store has, in the background. */
  send(key: Digest, result: CachedResult, store: Store): void
}
