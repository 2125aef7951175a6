import {type Host, mkdirAll} from '../host/host.ts'
import {directory} from './origins.ts'
import type {CloudData, NetworkDocument} from './provider.ts'

/** Exists while a cloud has not delivered everything. */
const unanswered = `${directory}/unanswered`

/**
 * Whether the data sources need not be queried again: they have delivered everything, or user data came from elsewhere.
 */
export const isAsked = (host: Host): boolean =>
  !isUnanswered(host) && ['userdata', 'provider'].some((name) => host.lstat(`${directory}/${name}`) !== undefined)

/** Whether a data source could not be queried or has not delivered everything, so that more may still come. */
export const isUnanswered = (host: Host): boolean => host.lstat(unanswered) !== undefined

export const noteUnanswered = (host: Host): void => put(host, 'unanswered', '')
export const forgetUnanswered = (host: Host): void => host.remove(unanswered)

/** Writes the description of the links alone. */
export function putNetwork(host: Host, provider: string, {format, text}: NetworkDocument): void {
  put(host, format, text)
  putOrigins(host, {[format]: provider})
}

/** Writes the answers of the data sources. The first has all of its values kept, a later one its user data alone. */
export class Store {
  readonly #host: Host
  readonly #origins: Record<string, string> = {}
  /** The first source that answered. */
  provider: string | undefined

  constructor(host: Host) {
    this.#host = host
  }

  keep(provider: string, data: CloudData): void {
    const isFirst = this.provider === undefined
    this.provider ??= provider
    const {userdata, vendordata, hostname, keys = [], facts = {}, network} = data
    if (isFirst) put(this.#host, 'provider', `${provider}\n`)
    const save = (name: string, content: string | Uint8Array | undefined) => {
      if (content === undefined) return
      put(this.#host, name, content)
      this.#origins[name] = provider
    }
    save('userdata', userdata)
    if (!isFirst) return
    save('vendordata', vendordata)
    if (hostname !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(hostname)) {
      save('hostname', `${hostname}\n`)
      if (data.isLocalHostname) save('local_hostname', `${hostname}\n`)
    }
    if (keys.length > 0) {
      mkdirAll(this.#host, `${directory}/ssh`)
      save('ssh/authorized_keys', keys.map((key) => `${key}\n`).join(''))
    }
    if (network !== undefined) save(network.format, network.text)
    for (const [name, value] of Object.entries(facts)) if (value !== undefined) save(name, `${value}\n`)
  }

  /** Writes down which source each value is from. */
  finish(): void {
    if (this.provider !== undefined) putOrigins(this.#host, this.#origins)
  }
}

const putOrigins = (host: Host, origins: Readonly<Record<string, string>>): void =>
  put(host, 'origins.json', `${JSON.stringify(origins, undefined, 2)}\n`)

/** Readable by root only: user data holds tokens and passwords. */
function put(host: Host, name: string, content: string | Uint8Array): void {
  mkdirAll(host, directory)
  host.write(`${directory}/${name}`, content, {mode: 0o600})
}
