import type {Host} from './host.ts'

export interface PatienceOptions {
  /** How often to ask before giving up. */
  readonly tries: number
  /** Counts how often is asked again for several URLs: together no more often than for one. */
  readonly shared?: {retries: number; since?: number}
  readonly env?: Readonly<Record<string, string>>
}

/** How long to retry, in milliseconds: without a route to the internet, each attempt may wait for a name server. */
const patienceMs = 15_000

/**
 * Fetches a URL, again after a second when nobody answered or the server has trouble: a network can be up before DNS is.
 *
 * An answer of 4xx is final. Throws an Error with the reason; credentials in the URL are not part of it.
 */
export function fetchPatiently(
  host: Host,
  url: string,
  {tries, shared = {retries: 0}, env = {}}: PatienceOptions,
): Uint8Array {
  if (!/^https?:\/\//i.test(url)) throw new Error('it is no http or https URL')
  shared.since ??= Date.now()
  for (;;) {
    const {status, body, error} = host.fetch(url, {env})
    if (status >= 200 && status < 300) return body
    const reason = status === 0 ? (error ?? 'no answer') : `the server answered ${status}`
    const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429
    const isOver = shared.retries >= tries - 1 || Date.now() - shared.since > patienceMs
    if (isFinal || isOver) throw new Error(reason)
    shared.retries++
    host.sleep(1000)
  }
}
