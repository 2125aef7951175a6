import type {Host} from './host.ts'

export interface RetryOptions {
  /** Maximum number of requests for one URL. */
  readonly tries: number
  /** Counts the retries of several URLs, which share the limit of one. */
  readonly shared?: {retries: number; since?: number}
  readonly env?: Readonly<Record<string, string>>
}

/** How long to retry, in milliseconds: without a route to the internet, each request may wait for a name server. */
const retryMs = 15_000

/**
 * Fetches a URL. Retries after a second if there was no response or a server error: a network can be up before DNS is.
 *
 * A status of 4xx is final, except 408 and 429. Throws an Error with the reason; credentials in the URL are not part of
 * it.
 */
export function fetchWithRetries(
  host: Host,
  url: string,
  {tries, shared = {retries: 0}, env = {}}: RetryOptions,
): Uint8Array {
  if (!/^https?:\/\//i.test(url)) throw new Error('it is not an http or https URL')
  shared.since ??= Date.now()
  for (;;) {
    const {status, body, error} = host.fetch(url, {env})
    if (status >= 200 && status < 300) return body
    const reason = status === 0 ? (error ?? 'no answer') : `the server answered ${status}`
    const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429
    const isOver = shared.retries >= tries - 1 || Date.now() - shared.since > retryMs
    if (isFinal || isOver) throw new Error(reason)
    shared.retries++
    host.sleep(1000)
  }
}
