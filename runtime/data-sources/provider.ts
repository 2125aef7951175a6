import type {Host} from '../host/host.ts'
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

/** One place where a node can be told who it is. */
export interface Provider {
  readonly name: string
  /** What the firmware says of itself there: `sys_vendor` and `product_name` of SMBIOS, joined by a blank. */
  readonly firmware?: RegExp
  /** Undefined when there is nothing of this kind here. */
  ask(web: MetadataService, host: Host): CloudData | undefined
}

/** The web server of a cloud, to which a node speaks without names, proxies or encryption. */
export class MetadataService {
  readonly #host: Host
  readonly #tries: number
  #headers: Readonly<Record<string, string>> = {}

  /** `tries`: how often to ask when nobody answers, 1 s apart. More than one only where the firmware names the cloud. */
  constructor(host: Host, tries: number) {
    this.#host = host
    this.#tries = tries
  }

  /** Headers of all later requests. */
  useHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers
  }

  /** Undefined unless the answer was 2xx. */
  getBytes(url: string, {localPort}: {readonly localPort?: string} = {}): Uint8Array | undefined {
    for (let attempt = 1; ; attempt++) {
      const {status, body} = this.#host.fetch(url, {
        headers: this.#headers,
        timeoutSeconds: 2,
        ...(localPort !== undefined && {localPort}),
      })
      if (status >= 200 && status < 300) return body
      if (status !== 0 || attempt >= this.#tries) return undefined
      this.#host.sleep(1000)
    }
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
    const {status, body} = this.#host.fetch(url, {method: 'PUT', headers, timeoutSeconds: 2})
    return status >= 200 && status < 300 ? decodeUtf8(body).trim() : undefined
  }
}

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
