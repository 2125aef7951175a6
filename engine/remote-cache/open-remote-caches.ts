import type {ResultCache} from '../run/result-cache.ts'
import type {RemoteCachesOptions} from './remote-caches.ts'

/**
 * Opens the caches at `URL` or `URL,write`; disposal waits for what is being sent. Fails with USAGE_INVALID.
 *
 * Loads their code only now: most commands name no cache.
 */
export async function openRemoteCaches(
  addresses: readonly string[],
  options: RemoteCachesOptions,
): Promise<ResultCache & AsyncDisposable> {
  const {RemoteCaches} = await import('./remote-caches.ts')
  return RemoteCaches.open(addresses, options)
}
