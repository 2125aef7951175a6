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

/** Every data source, by the name that `data_sources` has for it. */
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

/** What asking came to. */
export interface ProbeResult {
  /** The first that answered. */
  readonly provider?: string | undefined
  readonly problems: readonly string[]
  /** What a cloud did not say although it is there. Asking again may help. */
  readonly lost: readonly string[]
}

const directory = '/run/config'
/** There while a cloud did not say all that it should have. */
const unanswered = 'unanswered'

/** Whether the data sources need not be asked again: they have delivered everything, or user data came from elsewhere. */
export const isAsked = (host: Host): boolean =>
  !isUnanswered(host) && ['userdata', 'provider'].some((name) => host.lstat(`${directory}/${name}`) !== undefined)

/** Whether a data source could not be asked, or did not say all, so that what it says may still come. */
export const isUnanswered = (host: Host): boolean => host.lstat(`${directory}/${unanswered}`) !== undefined

/**
 * Asks data sources who this node is, and keeps the answers in /run/config, where the reader of the configuration finds
 * them. The first that has user data ends the search.
 *
 * Several clouds have a service at the same address that looks like Amazon's, so that asking in the order given could take
 * one for another. Where the firmware names one of the sources, only that one of the clouds is asked, and patiently. What a
 * present cloud does not deliver is lost, and `isAsked` is false until it is delivered.
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
    lost.push(`${clouds.join(', ')} could not be asked, since there is no network`)
  if (lost.length === 0) host.remove(`${directory}/${unanswered}`)
  else put(host, unanswered, '')
  return {provider: first, problems, lost}
}

/** Whether packets can go anywhere (proc_pid_net(5)): a route of IPv4, or the default route of IPv6 that is no rejection. */
function hasRoute(host: Host): boolean {
  const ipv4 = host.read('/proc/net/route')
  if (ipv4 === undefined || ipv4.trimEnd().includes('\n')) return true
  return /^0{32} 00 .* (?!lo$)\S+$/m.test((host.read('/proc/net/ipv6_route') ?? '').replace(/ +/g, ' '))
}

function lostOf({name}: Provider, data: CloudData | undefined, web: MetadataService): string[] {
  if (web.isUserdataLost) return [`the user data of ${name} could not be got`]
  return data === undefined && web.hasTrouble ? [`${name} did not answer, though this machine is there`] : []
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

/** For root alone: user data holds tokens and passwords. */
function put(host: Host, name: string, content: string | Uint8Array): void {
  mkdirAll(host, directory)
  host.write(`${directory}/${name}`, content, {mode: 0o600})
}
