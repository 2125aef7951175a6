import type {FetchOptions, FetchResult, Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'

/** What a cloud or a medium provides for a node. */
export interface CloudData {
  readonly userdata?: Uint8Array | undefined
  readonly hostname?: string | undefined
  /** Lines of authorized_keys. */
  readonly keys?: readonly string[]
  /** Further values, such as `instance_id`. Each is written to a file of that name in /run/config. */
  readonly facts?: Readonly<Record<string, string | undefined>>
  /** The host name counts as configuration, not only as a default until something else sets one. */
  readonly isLocalHostname?: boolean
}

/** One source of a node's identity and config. */
export interface Provider {
  readonly name: string
  /**
   * Matches the firmware of the machines of this cloud: `sys_vendor`, `product_name` and `chassis_asset_tag` of SMBIOS,
   * joined by blanks.
   */
  readonly firmware?: RegExp
  /** Undefined if this source does not exist here. */
  ask(web: MetadataService, host: Host): CloudData | undefined
}

/** Retries of a failing service, 1 s apart, over all requests together. */
const maxRetries = 9

/**
 * The metadata service of a cloud, which a node reaches without DNS, proxies or encryption.
 *
 * Retries only once the service is known to exist: otherwise, a node without a cloud would wait at each boot.
 */
export class MetadataService {
  readonly #host: Host
  #headers: Readonly<Record<string, string>> = {}
  #triesLeft = maxRetries
  #isHere: boolean
  #hasTrouble = false
  #isUserdataLost = false
  #isRefused = false

  /** `isExpected`: the firmware names this cloud. */
  constructor(host: Host, {isExpected}: {readonly isExpected: boolean}) {
    this.#host = host
    this.#isHere = isExpected
  }

  /** The service exists, but some request got no answer, or only server errors, until the timeout. */
  get hasTrouble(): boolean {
    return this.#hasTrouble
  }

  /** The service neither delivered user data nor answered that there is none. */
  get isUserdataLost(): boolean {
    return this.#isUserdataLost
  }

  /** The last answer was that a token is missing. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Headers of all later requests. */
  useHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers
  }

  /** As `getBytes`, and records whether the service has no user data or failed to deliver it. */
  getUserdata(url: string, {localPort}: {readonly localPort?: string} = {}): Uint8Array | undefined {
    const {status, body} = this.#ask(url, {headers: this.#headers, ...(localPort !== undefined && {localPort})})
    if (isGood(status)) return body
    this.#isUserdataLost = status !== 404
    return undefined
  }

  /** Undefined unless the answer was 2xx. */
  getBytes(url: string): Uint8Array | undefined {
    const {status, body} = this.#ask(url, {headers: this.#headers})
    return isGood(status) ? body : undefined
  }

  /** Trimmed text; undefined unless the answer was 2xx and not empty. */
  getText(url: string): string | undefined {
    const bytes = this.getBytes(url)
    return bytes && (decodeUtf8(bytes).trim() || undefined)
  }

  /** Undefined unless the answer was JSON. Its members are read with `member`. */
  getJson(url: string): unknown {
    const text = this.getText(url)
    try {
      return text === undefined ? undefined : JSON.parse(text)
    } catch {
      return undefined
    }
  }

  /** Body of the answer to PUT, as text; undefined unless it was 2xx. */
  putText(url: string, headers: Readonly<Record<string, string>>): string | undefined {
    const {status, body} = this.#ask(url, {method: 'PUT', headers})
    return isGood(status) ? decodeUtf8(body).trim() : undefined
  }

  #ask(url: string, options: FetchOptions): FetchResult {
    for (;;) {
      const answer = this.#host.fetch(url, {...options, timeoutSeconds: 2})
      this.#isRefused = answer.status === 401
      this.#isHere ||= isGood(answer.status) || this.#isRefused
      const isTrouble = answer.status === 0 || answer.status === 429 || answer.status >= 500
      if (!isTrouble) return answer
      this.#hasTrouble ||= this.#isHere && this.#triesLeft === 0
      if (!this.#isHere || this.#triesLeft === 0) return answer
      this.#triesLeft--
      this.#host.sleep(1000)
    }
  }
}

const isGood = (status: number): boolean => status >= 200 && status < 300

/** A member of foreign JSON at any depth; undefined if a part of the path is missing. */
export const member = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), value)

/** As `member`; undefined unless it is a string. */
export function textMember(value: unknown, ...path: ReadonlyArray<string | number>): string | undefined {
  const found = member(value, ...path)
  return typeof found === 'string' ? found : undefined
}

export const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

export const textsOf = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []
