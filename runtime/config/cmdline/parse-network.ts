import {prefixLength} from '../../network/plan/prefix-length.ts'
import type {Raw, RawMap} from '../raw.ts'
import {splitCmdline} from './split-cmdline.ts'

/** Links by section, in the names of network-config version 2. */
type Links = Record<'ethernets' | 'bonds' | 'bridges' | 'vlans', Map<string, Map<string, Value>>>
type Value = string | readonly Value[] | ReadonlyMap<string, Value>

export interface NetworkCmdline {
  /** What a config.yaml would have below `network:`; undefined if the command line configures no link. */
  readonly network: RawMap | undefined
  /** Parameters that cannot be read, by name. */
  readonly unreadable: readonly string[]
}

/** Reads the network parameters of dracut (dracut.cmdline(7)): ip, nameserver, rd.route, vlan, bond, bridge and ifname. */
export function parseNetworkCmdline(line: string): NetworkCmdline {
  const links: Links = {ethernets: new Map(), bonds: new Map(), bridges: new Map(), vlans: new Map()}
  const unreadable: string[] = []
  const nameservers: string[] = []
  const items = splitCmdline(line).flatMap((item) => {
    const [, name = '', value = ''] = /^"?([\w.]+)=(.*?)"?$/s.exec(item) ?? []
    return name in order ? [{name, words: splitColons(value)}] : []
  })
  // Addresses belong to the links that other parameters make.
  for (const {name, words} of items.toSorted((a, b) => (order[a.name] ?? 0) - (order[b.name] ?? 0))) {
    if (name === 'nameserver') nameservers.push(...words.slice(0, 1))
    else if (!readParameter(name, words, links)) unreadable.push(name)
  }
  const first = sectionsOf(links)
    .flatMap(([, section]) => [...section.values()])
    .find((link) => link.has('addresses') || link.has('dhcp4'))
  if (nameservers.length > 0) {
    const own = first?.get('nameservers')
    const known = own instanceof Map ? (own.get('addresses') ?? []) : []
    first?.set('nameservers', new Map([['addresses', [...(Array.isArray(known) ? known : []), ...nameservers]]]))
  }
  const sections = sectionsOf(links).filter(([, section]) => section.size > 0)
  return {network: sections.length === 0 ? undefined : rawMap(new Map(sections)), unreadable}
}

/** In this order. */
const order: Readonly<Record<string, number>> = {
  ifname: 0,
  bond: 1,
  bridge: 2,
  vlan: 3,
  ip: 4,
  'rd.route': 5,
  nameserver: 6,
}

const sectionsOf = (links: Links) => [
  ['ethernets', links.ethernets] as const,
  ['bonds', links.bonds] as const,
  ['bridges', links.bridges] as const,
  ['vlans', links.vlans] as const,
]

/** Splits at colons that are not in brackets, which enclose IPv6 addresses. */
function splitColons(text: string): string[] {
  const parts = text.match(/(?:\[[^\]]*\]|[^:[])+|(?<=^|:)(?=:|$)/g) ?? []
  return parts.map((part) => part.replaceAll(/[[\]]/g, ''))
}

/** Whether a parameter could be read. */
function readParameter(name: string, words: readonly string[], links: Links): boolean {
  const [first = '', second = '', third = '', fourth = ''] = words
  switch (name) {
    case 'ifname':
      if (first === '' || words.length < 7) return false
      links.ethernets.set(
        first,
        new Map<string, Value>([
          ['match', new Map([['macaddress', words.slice(1, 7).join(':')]])],
          ['set-name', first],
        ]),
      )
      return true
    case 'bond':
      links.bonds.set(first || 'bond0', bondOf(second, third, fourth))
      return true
    case 'bridge':
      if (second === '') return false
      links.bridges.set(
        first,
        new Map<string, Value>([
          ['interfaces', second.split(',')],
          ['parameters', new Map([['stp', 'false']])],
        ]),
      )
      return true
    case 'vlan': {
      const id = /(\d+)$/.exec(first)?.[1]
      if (id === undefined || second === '') return false
      links.vlans.set(
        first,
        new Map([
          ['id', id.replace(/^0+(?=\d)/, '')],
          ['link', second],
        ]),
      )
      return true
    }
    case 'rd.route':
      return readRoute(words, links)
    default:
      return readIp(words, links)
  }
}

function bondOf(members: string, options: string, mtu: string): Map<string, Value> {
  const parameters = options
    .split(',')
    .filter((option) => option.includes('='))
    .map((option): [string, Value] => {
      const [key = '', value = ''] = option.split(/=(.*)/s)
      const known = bondNames[key] ?? key.replaceAll('_', '-')
      return [known, known === 'arp-ip-targets' ? value.split(';') : value]
    })
  return new Map<string, Value>([
    ['interfaces', (members || 'eth0,eth1').split(',')],
    ...(parameters.length === 0 ? [] : [['parameters', new Map(parameters)] as const]),
    ...(mtu === '' ? [] : [['mtu', mtu] as const]),
  ])
}

/** Where the kernel's name of an option is not ours with other separators. */
const bondNames: Readonly<Record<string, string>> = {
  miimon: 'mii-monitor-interval',
  xmit_hash_policy: 'transmit-hash-policy',
  updelay: 'up-delay',
  downdelay: 'down-delay',
  arp_ip_target: 'arp-ip-targets',
  fail_over_mac: 'fail-over-mac-policy',
  num_grat_arp: 'gratuitous-arp',
  primary_reselect: 'primary-reselect-policy',
  lp_interval: 'learn-packet-interval',
}

const methods = [
  'dhcp',
  'on',
  'any',
  'dhcp6',
  'auto6',
  'either6',
  'link6',
  'link-local',
  'none',
  'off',
  'static',
  'ibft',
]

/**
 * `ip=METHOD`, `ip=LINK:METHOD[:MTU[:MAC]]`, or `ip=CLIENT:[PEER]:GATEWAY:MASK:HOSTNAME:LINK:METHOD[:MTU[:MAC]]` and
 * `…:METHOD:DNS1:DNS2`.
 */
function readIp(words: readonly string[], links: Links): boolean {
  const [first = '', second = ''] = words
  if (words.length === 1) {
    if (!methods.includes(first)) return false
    // Any card, as without a parameter: connman asks DHCP on all.
    return true
  }
  if (methods.includes(second) && words.length < 6) {
    const link = linkOf(first, links)
    setMethod(link, second)
    setMtu(link, words.slice(2))
    return first !== ''
  }
  const [client = '', , gateway = '', mask = '', , name = '', method = 'none', ...more] = words
  if (name === '' || (client === '' && ['none', 'off', 'static'].includes(method))) return false
  const link = linkOf(name, links)
  setMethod(link, method || 'none')
  if (client !== '') {
    const isV6 = client.includes(':')
    const address = client.includes('/')
      ? client
      : `${client}/${mask === '' ? (isV6 ? 64 : 32) : prefixLength(mask, client)}`
    link.set('addresses', [...listIn(link, 'addresses'), address])
  }
  if (gateway !== '')
    link.set('routes', [
      ...listIn(link, 'routes'),
      new Map([
        ['to', 'default'],
        ['via', gateway],
      ]),
    ])
  const servers = more.filter((word) => /^[\d.]+\.\d+$|:/.test(word))
  if (servers.length > 0) link.set('nameservers', new Map([['addresses', servers]]))
  setMtu(link, more)
  return true
}

function linkOf(name: string, links: Links): Map<string, Value> {
  const found = sectionsOf(links)
    .map(([, section]) => section.get(name))
    .find((link) => link !== undefined)
  if (found !== undefined) return found
  const link = new Map<string, Value>()
  links.ethernets.set(name, link)
  return link
}

function setMethod(link: Map<string, Value>, method: string): void {
  link.set('dhcp4', String(['dhcp', 'on', 'any'].includes(method)))
  if (['dhcp6', 'any', 'either6'].includes(method)) link.set('dhcp6', 'true')
  if (['none', 'off', 'static'].includes(method)) link.delete('dhcp6')
}

function setMtu(link: Map<string, Value>, [mtu = '', ...mac]: readonly string[]): void {
  if (!/^\d*$/.test(mtu)) return
  if (mtu !== '') link.set('mtu', mtu)
  if (mac.length === 6) link.set('macaddress', mac.join(':'))
}

/** `rd.route=NETWORK:GATEWAY[:LINK]`; without a link, the first that has an address. */
function readRoute([to = '', via = '', name = '']: readonly string[], links: Links): boolean {
  const configured = sectionsOf(links)
    .flatMap(([, section]) => [...section.values()])
    .find((link) => link.has('addresses'))
  const link = name === '' ? configured : linkOf(name, links)
  if (link === undefined || to === '' || via === '') return false
  link.set('routes', [
    ...listIn(link, 'routes'),
    new Map([
      ['to', to],
      ['via', via],
    ]),
  ])
  return true
}

function listIn(link: ReadonlyMap<string, Value>, key: string): readonly Value[] {
  const found = link.get(key)
  return Array.isArray(found) ? found : []
}

function rawOf(value: Value): Raw {
  if (typeof value === 'string') return {kind: 'text', text: value}
  if (value instanceof Map) return rawMap(value)
  return {kind: 'list', items: Array.isArray(value) ? value.map(rawOf) : []}
}

const rawMap = (map: ReadonlyMap<string, Value>): RawMap => ({
  kind: 'map',
  entries: [...map].map(([key, value]) => ({key, value: rawOf(value)})),
})
