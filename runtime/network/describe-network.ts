import type {NetworkConfig} from '#dsl'
import {everyOtherLink, type NetworkSources} from '../config/network-sources.ts'
import type {Link, LinkAddress, Network} from './links.ts'
import type {AppliedNetwork, NetworkPlan} from './plan/network-plan.ts'
import {planNetwork} from './plan/plan-network.ts'
import {isSameAddress} from './plan/same-address.ts'
import type {NetworkProblem} from './plan/wanted.ts'

/** Where an address comes from. */
export type AddressOrigin = 'configuration' | 'DHCP' | 'router' | 'connman' | 'kernel' | 'another program'

/** A link as `network --json` prints it. */
export interface DescribedLink {
  readonly name: string
  /** `card`, or the kernel's word for it: `bond`, `bridge`, `vlan` … */
  readonly kind: string
  readonly state: 'up' | 'no carrier' | 'down' | 'missing'
  /** What configures it. */
  readonly by: 'configuration' | 'connman' | 'nobody'
  /** What describes it, if that is the configuration: `kernel command line`, a path, or a document of a data source. */
  readonly sources: readonly string[]
  readonly mac?: string | undefined
  readonly mtu?: number
  /** The bond or bridge that it is a member of. */
  readonly master?: string | undefined
  readonly addresses: readonly {readonly address: string; readonly from: AddressOrigin}[]
  /** What the configuration wants of it and it lacks. */
  readonly missing: readonly string[]
}

export interface DescribedNetwork {
  readonly links: readonly DescribedLink[]
  readonly problems: readonly NetworkProblem[]
}

/** The cards of the node and the links of its configuration; interfaces of containers are left out. */
export function describeNetwork(
  config: NetworkConfig,
  network: Network,
  applied: AppliedNetwork,
  {hasConnman, sources}: {readonly hasConnman: boolean; readonly sources: NetworkSources},
): DescribedNetwork {
  const plan = planNetwork(config, network, applied)
  const names = new Set(Object.keys(plan.applied))
  const isShown = ({name, driver}: Link) => names.has(name) || driver !== undefined
  const stated = (id: string) => sources[id] ?? sources[everyOtherLink]
  // A member may be described by its bond alone.
  const sourcesOf = (name: string) =>
    stated(plan.applied[name]?.id ?? name) ??
    stated(network.links.find((link) => link.name === name)?.master ?? '') ??
    []
  const found = network.links.filter(isShown).map((link): DescribedLink => {
    const {name, kind = 'card', mac, mtu, master} = link
    const by = names.has(name) ? 'configuration' : hasConnman && link.driver !== undefined ? 'connman' : 'nobody'
    const wanted = plan.applied[name]?.addresses ?? []
    return {
      name,
      kind,
      state: !link.isUp ? 'down' : link.hasCarrier ? 'up' : 'no carrier',
      by,
      sources: names.has(name) ? sourcesOf(name) : [],
      mac,
      mtu,
      master,
      addresses: link.addresses.map((each) => ({address: each.address, from: originOf(each, wanted, by)})),
      missing: names.has(name) ? missingOf(link, plan) : [],
    }
  })
  const absent = [...names]
    .filter((name) => network.links.every((link) => link.name !== name))
    .map(
      (name): DescribedLink => ({
        name,
        kind: plan.applied[name]?.kind ?? 'card',
        state: 'missing',
        by: 'configuration',
        sources: sourcesOf(name),
        addresses: [],
        missing: ['the link itself'],
      }),
    )
  return {links: [...found, ...absent], problems: plan.problems}
}

function originOf(
  {address, scope, isDynamic, isFromRouter}: LinkAddress,
  wanted: readonly string[],
  by: DescribedLink['by'],
): AddressOrigin {
  if (wanted.some((each) => isSameAddress(each, address))) return 'configuration'
  if (scope === 'link') return 'kernel'
  if (isFromRouter) return 'router'
  if (isDynamic) return 'DHCP'
  return by === 'connman' ? 'connman' : 'another program'
}

function missingOf(link: Link, {applied, dhcp, operations}: NetworkPlan): readonly string[] {
  const has = (address: string) => link.addresses.some((found) => isSameAddress(found.address, address))
  const dynamic = link.addresses.filter(
    ({isDynamic, isFromRouter, scope}) => isDynamic && !isFromRouter && scope !== 'link',
  )
  const asks = dhcp.find(({name}) => name === link.name)
  const addRoute = ['route', 'replace']
  return [
    ...(link.hasCarrier ? [] : ['carrier']),
    ...(applied[link.name]?.addresses ?? []).filter((address) => !has(address)),
    ...(asks?.v4 && !dynamic.some(({address}) => !address.includes(':')) ? ['an address by DHCP'] : []),
    ...(asks?.v6 && !dynamic.some(({address}) => address.includes(':')) && !hasRouterAddress(link)
      ? ['an address by DHCPv6']
      : []),
    ...operations.flatMap((operation) =>
      'ip' in operation &&
      addRoute.every((word, index) => operation.ip[index] === word) &&
      operation.ip.includes(link.name)
        ? [`route ${operation.ip.slice(2).join(' ')}`]
        : [],
    ),
  ]
}

/** A router may say that there is no DHCPv6. */
const hasRouterAddress = ({addresses}: Link): boolean =>
  addresses.some(({isFromRouter, scope}) => isFromRouter && scope !== 'link')
