import type {FetchOptions, FetchResult, Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'

/** What a cloud, or a medium, knows of a node. */
export interface CloudData {
  readonly userdata?: Uint8Array | undefined
  readonly hostname?: string | undefined
  /** Lines of authorized_keys. */
  readonly keys?: readonly string[]
  /** More that is worth a file in /run/config, by its name, such as `instance_id`. */
  readonly facts?: Readonly<Record<string, string | undefined>>
  /** The host name is one that the node should really have, and not only be given until something else names it. */
  readonly isLocalHostname?: boolean
}

/** One source of a node's identity and config. */
export interface Provider {
  readonly name: string
  /** What the firmware says of itself there: `sys_vendor` and `product_name` of SMBIOS, joined by a blank. */
  readonly firmware?: RegExp
  /** Undefined when there is nothing of this kind here. */
  ask(web: MetadataService, host: Host): CloudData | undefined
}

/** How often a service that has trouble is asked again, 1 s apart, for all that is wanted of it together. */
const patience = 9

/**
 * The web server of a cloud, to which a node speaks without names, proxies or encryption.
 *
 * It is waited for once it is known to be there: before that, a node without a cloud would wait at each boot.
 */
export class MetadataService {
  readonly #host: Host
  #headers: Readonly<Record<string, string>> = {}
  #triesLeft = patience
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

  /** The service neither gave the user data nor said that there is none. */
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

  /** As `getBytes`, and remembers whether the service had nothing to give or could not. */
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

/** A member of foreign JSON, however deep; undefined where something is missing. */
export const member = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), value)

/** The same where a text is wanted. */
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
