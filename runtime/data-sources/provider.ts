import type {Host} from '../host/host.ts'
import type {Media} from './medium.ts'
import type {MetadataService} from './metadata-service.ts'

/** What a cloud or a medium provides for a node. */
export interface CloudData {
  readonly userdata?: Uint8Array | undefined
  /** A config of the operator of the cloud, for which that of the user is more important. */
  readonly vendordata?: Uint8Array | undefined
  readonly hostname?: string | undefined
  /** Lines of authorized_keys. */
  readonly keys?: readonly string[]
  readonly network?: NetworkDocument | undefined
  /** Further values, such as `instance_id`. Each is written to a file of that name in /run/config. */
  readonly facts?: Readonly<Record<string, string | undefined>>
  /** The host name counts as configuration, not only as a default until something else sets one. */
  readonly isLocalHostname?: boolean
  /** Tells the cloud that the machine is ready, once the data is stored. Returns the reason if that failed. */
  readonly report?: () => string | undefined
}

/** The addresses, routes and links of a machine, as the source describes them. */
export interface NetworkDocument {
  /** `network-config` of cloud-init, version 1 or 2, or `network_data.json` of OpenStack. */
  readonly format: 'network-config' | 'network_data.json'
  readonly text: string
}

/** What prevents a source from being read on this machine, however often it is tried. */
export class UnusableSourceError extends Error {}

/** One source of a node's identity and config. */
export interface Provider {
  readonly name: string
  /** Addresses of its metadata service: the first that answers counts. Default: it has none. */
  readonly bases?: (host: Host) => readonly string[]
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses with which its service says that it is not ready yet. */
  readonly notYet?: readonly number[]
  /**
   * Undefined if this source does not exist here. Throws an Error with the reason if it exists and cannot be read, and an
   * UnusableSourceError if that will not change.
   */
  ask(web: MetadataService, host: Host, options: AskOptions): CloudData | undefined
  /** The same as far as it needs no network. Missing if that is nothing. */
  askLocally?(host: Host, media: Media): CloudData | undefined
}

export interface AskOptions {
  /** Variables for the program that fetches from the internet: those of a proxy. */
  readonly env: Readonly<Record<string, string>>
  readonly media: Media
}

/** The address of metadata services (RFC 3927), with or without others that are asked if it does not answer. */
export const linkLocal =
  (...others: readonly string[]) =>
  (): readonly string[] => ['http://169.254.169.254', ...others]

/** The same and its counterpart on every link, for machines without IPv4: OpenStack's and Hetzner's. */
export const linkLocalOnLinks = (host: Host): readonly string[] => [
  'http://169.254.169.254',
  ...(host.list('/sys/class/net') ?? [])
    .filter((link) => link !== 'lo')
    .map((link) => `http://[fe80::a9fe:a9fe%25${link}]`),
]
