import type {Host} from '../host/host.ts'
import {cloudsNamed, isNameable} from './firmware.ts'
import {Media} from './medium.ts'
import {MetadataService} from './metadata-service.ts'
import {type AskOptions, type CloudData, type Provider, UnusableSourceError} from './provider.ts'
import {chooseProviders} from './providers.ts'
import {forgetUnanswered, noteUnanswered, putNetwork, Store} from './store.ts'

/** The result of querying the data sources. */
export interface ProbeResult {
  /** The first that answered. */
  readonly provider?: string | undefined
  readonly problems: readonly string[]
  /** What an existing cloud failed to deliver. A retry may help. */
  readonly lost: readonly string[]
}

/**
 * Queries data sources for the identity and configuration of this node, and writes the answers to /run/config, where
 * the config reader finds them. The first that has user data ends the search.
 *
 * Several clouds have a service at the same address that looks like Amazon's, so that querying in the order given could
 * mistake one for another. If the firmware names one of the sources, it is the only cloud that is queried, with
 * retries. What an existing cloud does not deliver is in `lost`, and `isAsked` is false until it is delivered.
 *
 * `auto` stands for the cloud that the firmware names, and for media: where it names none, nothing is sent.
 */
export function probeDataSources(
  host: Host,
  names: readonly string[],
  {env = {}}: {readonly env?: Readonly<Record<string, string>>} = {},
): ProbeResult {
  const {chosen, unknown} = chooseProviders(host, names)
  const named = cloudsNamed(host)
  const home = chosen.find(({name}) => named.includes(name))
  const asked = chosen.filter((provider) => home === undefined || provider === home || !isNameable(provider.name))
  const problems = unknown.map((name) => `there is no data source ${JSON.stringify(name)}`)
  const lost: string[] = []
  const store = new Store(host)
  const media = new Media(host)
  for (const provider of asked) {
    const web = serviceOf(host, provider, provider === home)
    const data = ask(provider, web, host, {env, media, lost, problems})
    lost.push(...lostOf(provider, data, web))
    if (data === undefined) continue
    store.keep(provider.name, data)
    const failure = data.report?.()
    if (failure !== undefined) lost.push(`${provider.name} was not told that this machine is ready: ${failure}`)
    if (data.userdata !== undefined) break
  }
  store.finish()
  const clouds = asked.filter(({name}) => isNameable(name)).map(({name}) => name)
  if (store.provider === undefined && lost.length === 0 && clouds.length > 0 && !hasRoute(host))
    lost.push(`${clouds.join(', ')} could not be queried: there is no network`)
  if (lost.length === 0) forgetUnanswered(host)
  else noteUnanswered(host)
  return {provider: store.provider, problems, lost}
}

/**
 * Takes the description of the links from media, for the phase boot: without it, the network might not come up. Everything else that they
 * have is taken in the phase runtime. Returns whether there is one.
 */
export function takeLocalNetwork(host: Host, names: readonly string[]): boolean {
  const media = new Media(host)
  for (const {name, askLocally} of chooseProviders(host, names).chosen) {
    try {
      const network = askLocally?.(host, media)?.network
      if (network === undefined) continue
      putNetwork(host, name, network)
      return true
    } catch {
      // It is reported when it is read for everything else.
    }
  }
  return false
}

function serviceOf(host: Host, {bases, headers, notYet}: Provider, isExpected: boolean): MetadataService {
  const all = bases?.(host)
  // Where neither the cloud nor the lack of IPv4 is known, each address would be waited for.
  const usable = isExpected || !hasIpv4Route(host) ? all : all?.filter((base) => !base.startsWith('http://['))
  return new MetadataService(host, {isExpected, headers, notYet, ...(usable && {bases: usable})})
}

/** A source that exists and cannot be read may be readable later, unless it says otherwise. */
function ask(
  provider: Provider,
  web: MetadataService,
  host: Host,
  {env, media, lost, problems}: AskOptions & {readonly lost: string[]; readonly problems: string[]},
): CloudData | undefined {
  try {
    return provider.ask(web, host, {env, media})
  } catch (error) {
    const list = error instanceof UnusableSourceError ? problems : lost
    list.push(`${provider.name}: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

const hasIpv4Route = (host: Host): boolean => {
  const routes = host.read('/proc/net/route')
  return routes === undefined || routes.trimEnd().includes('\n')
}

/** Whether there is a route (proc_pid_net(5)): any for IPv4, or for IPv6 a default route that does not reject. */
function hasRoute(host: Host): boolean {
  if (hasIpv4Route(host)) return true
  return /^0{32} 00 .* (?!lo$)\S+$/m.test((host.read('/proc/net/ipv6_route') ?? '').replace(/ +/g, ' '))
}

function lostOf({name}: Provider, data: CloudData | undefined, web: MetadataService): string[] {
  if (web.isUserdataLost) return [`the user data of ${name} could not be fetched`]
  return data === undefined && web.hasTrouble ? [`${name} did not answer, although this machine runs there`] : []
}
