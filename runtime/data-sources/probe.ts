import {type Host, mkdirAll} from '../host/host.ts'
import {aws} from './aws.ts'
import {cdrom} from './cdrom.ts'
import {digitalocean} from './digitalocean.ts'
import {gcp} from './gcp.ts'
import {hetzner} from './hetzner.ts'
import {openstack} from './openstack.ts'
import {packet} from './packet.ts'
import {type CloudData, MetadataService, type Provider} from './provider.ts'
import {scaleway} from './scaleway.ts'
import {vultr} from './vultr.ts'

/** All data sources. `data_sources` in the config selects them by name. */
export const providers: readonly Provider[] = [
  aws,
  gcp,
  hetzner,
  openstack,
  scaleway,
  vultr,
  digitalocean,
  packet,
  cdrom,
]

/** The result of querying the data sources. */
export interface ProbeResult {
  /** The first that answered. */
  readonly provider?: string | undefined
  readonly problems: readonly string[]
  /** What an existing cloud failed to deliver. A retry may help. */
  readonly lost: readonly string[]
}

const directory = '/run/config'
/** Name of the file that exists while a cloud has not delivered everything. */
const unanswered = 'unanswered'

/**
 * Whether the data sources need not be queried again: they have delivered everything, or user data came from elsewhere.
 */
export const isAsked = (host: Host): boolean =>
  !isUnanswered(host) && ['userdata', 'provider'].some((name) => host.lstat(`${directory}/${name}`) !== undefined)

/** Whether a data source could not be queried or has not delivered everything, so that more may still come. */
export const isUnanswered = (host: Host): boolean => host.lstat(`${directory}/${unanswered}`) !== undefined

/**
 * Queries data sources for the identity and configuration of this node, and writes the answers to /run/config, where
 * the config reader finds them. The first that has user data ends the search.
 *
 * Several clouds have a service at the same address that looks like Amazon's, so that querying in the order given could
 * mistake one for another. If the firmware names one of the sources, it is the only cloud that is queried, with
 * retries. What an existing cloud does not deliver is in `lost`, and `isAsked` is false until it is delivered.
 */
export function probeDataSources(host: Host, names: readonly string[]): ProbeResult {
  const firmware = ['sys_vendor', 'product_name', 'chassis_asset_tag']
    .map((name) => host.read(`/sys/class/dmi/id/${name}`)?.trim() ?? '')
    .join(' ')
  const asked = names.flatMap((name) => providers.find((provider) => provider.name === name) ?? [])
  const home = asked.find((provider) => provider.firmware?.test(firmware))
  const kept = asked.filter((provider) => home === undefined || provider === home || provider.firmware === undefined)
  const problems = names
    .filter((name) => !providers.some((provider) => provider.name === name))
    .map((name) => `there is no data source ${JSON.stringify(name)}`)
  const lost: string[] = []
  let first: string | undefined
  for (const provider of kept) {
    const web = new MetadataService(host, {isExpected: provider === home})
    const data = provider.ask(web, host)
    lost.push(...lostOf(provider, data, web))
    if (data === undefined) continue
    if (first === undefined) keep(host, provider.name, data)
    else if (data.userdata !== undefined) put(host, 'userdata', data.userdata)
    first ??= provider.name
    if (data.userdata !== undefined) break
  }
  const clouds = kept.filter(({firmware}) => firmware !== undefined).map(({name}) => name)
  if (first === undefined && lost.length === 0 && clouds.length > 0 && !hasRoute(host))
    lost.push(`${clouds.join(', ')} could not be queried: there is no network`)
  if (lost.length === 0) host.remove(`${directory}/${unanswered}`)
  else put(host, unanswered, '')
  return {provider: first, problems, lost}
}

/** Whether there is a route (proc_pid_net(5)): any for IPv4, or for IPv6 a default route that does not reject. */
function hasRoute(host: Host): boolean {
  const ipv4 = host.read('/proc/net/route')
  if (ipv4 === undefined || ipv4.trimEnd().includes('\n')) return true
  return /^0{32} 00 .* (?!lo$)\S+$/m.test((host.read('/proc/net/ipv6_route') ?? '').replace(/ +/g, ' '))
}

function lostOf({name}: Provider, data: CloudData | undefined, web: MetadataService): string[] {
  if (web.isUserdataLost) return [`the user data of ${name} could not be fetched`]
  return data === undefined && web.hasTrouble ? [`${name} did not answer, although this machine runs there`] : []
}

function keep(
  host: Host,
  provider: string,
  {userdata, hostname, keys = [], facts = {}, isLocalHostname}: CloudData,
): void {
  put(host, 'provider', `${provider}\n`)
  if (userdata !== undefined) put(host, 'userdata', userdata)
  if (hostname !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(hostname)) {
    put(host, 'hostname', `${hostname}\n`)
    if (isLocalHostname) put(host, 'local_hostname', `${hostname}\n`)
  }
  if (keys.length > 0) {
    mkdirAll(host, `${directory}/ssh`)
    put(host, 'ssh/authorized_keys', keys.map((key) => `${key}\n`).join(''))
  }
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) put(host, name, `${value}\n`)
}

/** Readable by root only: user data holds tokens and passwords. */
function put(host: Host, name: string, content: string | Uint8Array): void {
  mkdirAll(host, directory)
  host.write(`${directory}/${name}`, content, {mode: 0o600})
}
