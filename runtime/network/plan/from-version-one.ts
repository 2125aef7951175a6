import type {NetworkConfig} from '#dsl'
import {prefixLength} from './prefix-length.ts'
import type {LinkSettings} from './wanted.ts'

type Item = NonNullable<NetworkConfig['config']>[number]
type Subnet = NonNullable<Item['subnets']>[number]
type Route = NonNullable<LinkSettings['routes']>[number]

/** The same document in version 2 (cloud-init, "Networking config Version 1"). Items of unknown types are left out. */
export function fromVersionOne({config: items = [], ...rest}: NetworkConfig): NetworkConfig {
  const ethernets: Record<string, NonNullable<NetworkConfig['ethernets']>[string]> = {...rest.ethernets}
  const bonds: Record<string, NonNullable<NetworkConfig['bonds']>[string]> = {...rest.bonds}
  const bridges: Record<string, NonNullable<NetworkConfig['bridges']>[string]> = {...rest.bridges}
  const vlans: Record<string, NonNullable<NetworkConfig['vlans']>[string]> = {...rest.vlans}
  for (const item of items) {
    const {name = '', type, params = {}} = item
    const settings = settingsOf(item, items)
    if (type === 'physical')
      ethernets[name] = item.mac_address
        ? {...settings, match: {macaddress: item.mac_address}, 'set-name': name}
        : settings
    if (type === 'bond')
      bonds[name] = {...settings, ...macOf(item), interfaces: item.bond_interfaces, parameters: bondParameters(params)}
    if (type === 'bridge')
      bridges[name] = {
        ...settings,
        ...macOf(item),
        interfaces: item.bridge_interfaces,
        parameters: bridgeParameters(params),
      }
    if (type === 'vlan') vlans[name] = {...settings, ...macOf(item), id: item.vlan_id, link: item.vlan_link}
  }
  return {...rest, ethernets, bonds, bridges, vlans}
}

const macOf = ({mac_address: macaddress}: Item) => ({macaddress})

/** Name servers and routes that belong to no link go to the first one, because none of them says which. */
function settingsOf(item: Item, items: readonly Item[]): LinkSettings {
  const {subnets = [], mtu, name} = item
  const links = items.filter(({type = ''}) => ['physical', 'bond', 'bridge', 'vlan'].includes(type))
  const isFirst = item === links.find((each) => (each.subnets ?? []).length > 0)
  const servers = items.filter(
    (each) => each.type === 'nameserver' && (each.interface === undefined ? isFirst : each.interface === name),
  )
  const routes = isFirst ? items.filter(({type}) => type === 'route') : []
  const hasType = (...types: readonly string[]) => subnets.some(({type = ''}) => types.includes(type))
  return {
    mtu,
    'accept-ra': item['accept-ra'],
    dhcp4: hasType('dhcp', 'dhcp4'),
    dhcp6: hasType('dhcp6', 'ipv6_dhcpv6-stateful', 'ipv6_dhcpv6-stateless'),
    addresses: subnets.flatMap(addressOf),
    nameservers: {
      addresses: [
        ...subnets.flatMap(({dns_nameservers = []}) => dns_nameservers),
        ...servers.flatMap(({address = []}) => address),
      ],
      search: [...subnets.flatMap(({dns_search = []}) => dns_search), ...servers.flatMap(({search = []}) => search)],
    },
    routes: [
      ...subnets.flatMap(({gateway}): readonly Route[] => (gateway ? [{to: 'default', via: gateway}] : [])),
      ...[...subnets.flatMap(({routes: own = []}) => own), ...routes].flatMap(routeOf),
    ],
  }
}

function addressOf({type = '', address, netmask}: Subnet): readonly string[] {
  if (!type.startsWith('static') || address === undefined) return []
  return [address.includes('/') ? address : `${address}/${prefixLength(netmask, address)}`]
}

interface RouteOfVersionOne {
  readonly network?: string | undefined
  readonly destination?: string | undefined
  readonly netmask?: string | undefined
  readonly gateway?: string | undefined
  readonly metric?: string | undefined
}

function routeOf({destination, network = destination, netmask, gateway, metric}: RouteOfVersionOne): readonly Route[] {
  if (network === undefined) return []
  const to = network.includes('/') || network === 'default' ? network : `${network}/${prefixLength(netmask, network)}`
  return [{to, via: gateway, metric}]
}

type Texts = Readonly<Record<string, string>>

/** `bond-mode`, `bond_miimon` … (ifenslave's names) as parameters of version 2. */
function bondParameters(params: Texts): NonNullable<NonNullable<NetworkConfig['bonds']>[string]['parameters']> {
  const given = (...names: readonly string[]) => givenValue(params, 'bond', names)
  return {
    mode: given('mode'),
    primary: given('primary'),
    'lacp-rate': given('lacp-rate'),
    'mii-monitor-interval': given('miimon', 'mii-monitor-interval'),
    'min-links': given('min-links'),
    'transmit-hash-policy': given('xmit-hash-policy', 'transmit-hash-policy'),
    'ad-select': given('ad-select'),
    'arp-interval': given('arp-interval'),
    'arp-ip-targets': given('arp-ip-target')?.split(/[\s,]+/),
    'arp-validate': given('arp-validate'),
    'up-delay': given('updelay'),
    'down-delay': given('downdelay'),
    'fail-over-mac-policy': given('fail-over-mac'),
    'gratuitous-arp': given('num-grat-arp', 'num-unsol-na'),
    'primary-reselect-policy': given('primary-reselect'),
  }
}

function bridgeParameters(params: Texts): NonNullable<NonNullable<NetworkConfig['bridges']>[string]['parameters']> {
  const given = (...names: readonly string[]) => givenValue(params, 'bridge', names)
  const stp = given('stp')
  return {
    stp: stp === undefined ? undefined : !['off', 'false', 'no', '0'].includes(stp),
    'forward-delay': given('fd'),
    'hello-time': given('hello'),
    'max-age': given('maxage'),
    'ageing-time': given('ageing'),
    priority: given('bridgeprio'),
  }
}

const givenValue = (params: Texts, prefix: string, names: readonly string[]): string | undefined =>
  names
    .flatMap((name) => [`${prefix}-${name}`, `${prefix}_${name.replaceAll('-', '_')}`, name])
    .map((key) => params[key])
    .find((value) => value !== undefined)
