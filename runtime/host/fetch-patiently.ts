import type {Host} from './host.ts'

export interface PatienceOptions {
  /** How often to ask before giving up. */
  readonly tries: number
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Fetches a URL, again after a second when nobody answered or the server has trouble: a network can be up before DNS is.
 *
 * An answer of 4xx is final. Throws an Error with the reason; credentials in the URL are not part of it.
 */
export function fetchPatiently(host: Host, url: string, {tries, env = {}}: PatienceOptions): Uint8Array {
  if (!/^https?:\/\//i.test(url)) throw new Error('it is no http or https URL')
  let reason = ''
  for (let attempt = 1; attempt <= tries; attempt++) {
    if (attempt > 1) host.sleep(1000)
    const {status, body, error} = host.fetch(url, {env})
    if (status >= 200 && status < 300) return body
    reason = status === 0 ? (error ?? 'no answer') : `the server answered ${status}`
    if (status >= 300 && status < 500 && status !== 408 && status !== 429) break
  }
  throw new Error(reason)
}
