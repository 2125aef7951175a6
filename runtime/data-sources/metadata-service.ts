import {isGood, isTransient} from '../fetch/fetch-with-retries.ts'
import type {FetchOptions, FetchResult, Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'

/** Retries of a failing service, 1 s apart, over all requests together. */
const maxRetries = 9
const timeoutSeconds = 2

export interface ServiceOptions {
  /** The firmware names this cloud. */
  readonly isExpected: boolean
  /** Addresses of the service. */
  readonly bases?: readonly string[]
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Statuses other than the usual ones of a service that is not ready yet. */
  readonly notYet?: readonly number[] | undefined
}

/**
 * The metadata service of a cloud, which a node reaches without proxies, and mostly without DNS and encryption.
 *
 * Retries only once the service is known to exist: otherwise, a node without a cloud would wait at each boot. Of several addresses, the
 * first that answers counts from then on.
 */
export class MetadataService {
  readonly #host: Host
  #bases: readonly string[]
  #headers: Readonly<Record<string, string>>
  #triesLeft = maxRetries
  #isHere: boolean
  #hasTrouble = false
  #isUserdataLost = false
  #lastStatus = 0
  readonly #notYet: readonly number[]

  constructor(host: Host, {isExpected, bases = [''], headers = {}, notYet = []}: ServiceOptions) {
    this.#host = host
    this.#isHere = isExpected
    this.#bases = bases
    this.#headers = headers
    this.#notYet = notYet
  }

  /** The service exists, but some request got no answer, or only server errors, until the timeout. */
  get hasTrouble(): boolean {
    return this.#hasTrouble
  }

  /** The service neither delivered user data nor answered that there is none. */
  get isUserdataLost(): boolean {
    return this.#isUserdataLost
  }

  /** Status of the last answer; 0 is no answer. */
  get lastStatus(): number {
    return this.#lastStatus
  }

  /** Adds headers to all later requests. */
  useHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = {...this.#headers, ...headers}
  }

  /**
   * As `getBytes`, and records whether the service has no user data or failed to deliver it. An empty body and 204 are no user data.
   */
  getUserdata(path: string, {localPort}: {readonly localPort?: string} = {}): Uint8Array | undefined {
    const {status, body} = this.#ask(path, localPort === undefined ? {} : {localPort})
    if (isGood(status)) return body.length > 0 ? body : undefined
    this.#isUserdataLost = status !== 404
    return undefined
  }

  /** Undefined unless the answer was 2xx. */
  getBytes(path: string): Uint8Array | undefined {
    const {status, body} = this.#ask(path, {})
    return isGood(status) ? body : undefined
  }

  /** Trimmed text; undefined unless the answer was 2xx and not empty. */
  getText(path: string): string | undefined {
    const bytes = this.getBytes(path)
    return bytes && (decodeUtf8(bytes).trim() || undefined)
  }

  /** Undefined unless the answer was an object or a list in JSON. Its members are read with `member`. */
  getJson(path: string): unknown {
    const text = this.getText(path)
    try {
      const value: unknown = text === undefined ? undefined : JSON.parse(text)
      return typeof value === 'object' && value !== null ? value : undefined
    } catch {
      return undefined
    }
  }

  /** Body of the answer to PUT, as text; undefined unless it was 2xx. */
  putText(path: string, headers: Readonly<Record<string, string>>): string | undefined {
    const {status, body} = this.#ask(path, {method: 'PUT', headers})
    return isGood(status) ? decodeUtf8(body).trim() : undefined
  }

  /** Sends a text. Returns the status; 0 is no answer. */
  post(path: string, text: string, headers: Readonly<Record<string, string>>): number {
    return this.#ask(path, {method: 'POST', text, headers}).status
  }

  #ask(path: string, options: FetchOptions): FetchResult {
    for (;;) {
      const answer = this.#askOnce(path, {...options, headers: {...this.#headers, ...options.headers}})
      const {status} = answer
      this.#lastStatus = status
      this.#isHere ||= isGood(status) || status === 401
      if (!isTransient(status) && !this.#notYet.includes(status)) return answer
      this.#hasTrouble ||= this.#isHere && this.#triesLeft === 0
      if (!this.#isHere || this.#triesLeft === 0) return answer
      this.#triesLeft--
      this.#host.sleep(1000)
    }
  }

  /** Asks the addresses one after the other. The answer is that of the first that has one, if only to refuse. */
  #askOnce(path: string, options: FetchOptions): FetchResult {
    let last: FetchResult = {status: 0, body: new Uint8Array()}
    for (const base of this.#bases) {
      const answer = this.#host.fetch(base + path, {...options, timeoutSeconds, isDirect: true})
      if (isGood(answer.status) || answer.status === 401) {
        this.#bases = [base]
        return answer
      }
      if (last.status === 0) last = answer
    }
    return last
  }
}
