import type {FetchOptions, Host} from '../host/host.ts'
import {explainFailure, isAboutTime, waitForClock} from './clock.ts'

export interface RetryOptions extends Pick<FetchOptions, 'env' | 'headers' | 'isDirect'> {
  /** Maximum number of requests for one URL. */
  readonly tries: number
  /** Counts the retries of several URLs, which share the limit of one. */
  readonly shared?: {retries: number; waitedMs?: number; since?: number}
}

/** How long to retry, in milliseconds: without a route to the internet, each request may wait for a name server. */
const retryMs = 15_000

/** Pause before a retry, in milliseconds: 1, 2, 4, 4 … seconds. */
const backOffMs = (retries: number): number => Math.min(1000 * 2 ** retries, 4000)

/** Whether another request may be answered differently: nobody answered, or the server is busy or broken. */
export const isTransient = (status: number): boolean =>
  status === 0 || status === 408 || status === 429 || status >= 500

/** Whether a status is a success. */
export const isGood = (status: number): boolean => status >= 200 && status < 300

/**
 * Fetches a URL. Retries if there was no response or a server error: a network can be up before DNS is.
 *
 * A status of 4xx is final, except 408 and 429. If the clock is why a certificate is refused, waits for a time server once. Throws
 * an Error with the reason; credentials in the URL are not part of it.
 */
export function fetchWithRetries(
  host: Host,
  url: string,
  {tries, shared = {retries: 0}, ...options}: RetryOptions,
): Uint8Array {
  if (!/^https?:\/\//i.test(url)) throw new Error('it is not an http or https URL')
  shared.since ??= Date.now()
  let isClockKnown = false
  for (;;) {
    const {status, body, error = 'no answer'} = host.fetch(url, options)
    if (isGood(status)) return body
    if (status === 0 && isAboutTime(error) && !isClockKnown) {
      isClockKnown = true
      if (waitForClock(host)) continue
    }
    const {retries, waitedMs = 0} = shared
    const isOver = retries >= tries - 1 || Date.now() - shared.since > retryMs || waitedMs >= retryMs
    if (!isTransient(status) || isOver || isAboutTime(error))
      throw new Error(status === 0 ? explainFailure(error) : `the server answered ${status}`)
    shared.retries++
    shared.waitedMs = waitedMs + backOffMs(retries)
    host.sleep(backOffMs(retries))
  }
}
