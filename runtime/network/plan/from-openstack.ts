import * as z from 'zod/mini'
import type {NetworkConfig} from '#dsl'
import {prefixLength} from './prefix-length.ts'
import type {LinkSettings} from './wanted.ts'

const text = z.optional(z.nullable(z.string()))
const Service = z.object({type: z.string(), address: z.string()})

/** OpenStack's network_data.json (nova, "Metadata service", network_data.json schema); other keys are ignored. */
const NetworkData = z.lazy(() =>
  z.object({
    links: z.array(
      z.object({
        id: z.string(),
        type: text,
        ethernet_mac_address: text,
        mtu: z.optional(z.nullable(z.number())),
        bond_links: z.optional(z.array(z.string())),
        bond_mode: text,
        bond_miimon: z.optional(z.union([z.number(), z.string()])),
        bond_xmit_hash_policy: text,
        vlan_link: text,
        vlan_id: z.optional(z.union([z.number(), z.string()])),
        vlan_mac_address: text,
      }),
    ),
    networks: z.optional(
      z.array(
        z.object({
          link: z.string(),
          type: z.string(),
          ip_address: text,
          netmask: text,
          gateway: text,
          routes: z.optional(z.array(z.object({network: z.string(), netmask: text, gateway: text}))),
          dns_nameservers: z.optional(z.array(z.string())),
          services: z.optional(z.array(Service)),
        }),
      ),
    ),
    services: z.optional(z.array(Service)),
  }),
)
type NetworkData = z.output<typeof NetworkData>
type Link = NetworkData['links'][number]

/** OpenStack's `network_data.json` as network-config version 2. Throws an Error if it is something else. */
export function networkFromOpenstack(json: string): NetworkConfig {
  const parsed = NetworkData.safeParse(JSON.parse(json))
  if (!parsed.success) throw new Error('does not have the form of network_data.json')
  const {data} = parsed
  const ethernets: Record<string, NonNullable<NetworkConfig['ethernets']>[string]> = {}
  const bonds: Record<string, NonNullable<NetworkConfig['bonds']>[string]> = {}
  const vlans: Record<string, NonNullable<NetworkConfig['vlans']>[string]> = {}
  const names = new Map(data.links.map(({id}, index) => [id, nameOf(id, index)]))
  const known = (id: string) => names.get(id) ?? id
  for (const link of data.links) {
    const settings = settingsOf(link, data)
    const mac = link.ethernet_mac_address ?? undefined
    if (link.type === 'bond')
      bonds[known(link.id)] = {
        ...settings,
        macaddress: mac,
        interfaces: (link.bond_links ?? []).map(known),
        parameters: {
          mode: link.bond_mode ?? undefined,
          'mii-monitor-interval': link.bond_miimon === undefined ? undefined : String(link.bond_miimon),
          'transmit-hash-policy': link.bond_xmit_hash_policy ?? undefined,
        },
      }
    else if (link.type === 'vlan')
      vlans[known(link.id)] = {
        ...settings,
        macaddress: link.vlan_mac_address ?? undefined,
        id: String(link.vlan_id ?? ''),
        link: known(link.vlan_link ?? ''),
      }
    else if (mac !== undefined) ethernets[known(link.id)] = {...settings, match: {macaddress: mac}}
  }
  return {ethernets, bonds, vlans}
}

/** Ids may be longer than names of interfaces, as `interface0` or a UUID. */
const nameOf = (id: string, index: number): string => (/^[\w.-]{1,15}$/.test(id) ? id : `link${index}`)

function settingsOf({id, mtu}: Link, {networks = [], services: common = []}: NetworkData): LinkSettings {
  const own = networks.filter(({link}) => link === id)
  const isFirst = networks[0]?.link === id
  const services = [...own.flatMap(({services: each = []}) => each), ...(isFirst ? common : [])]
  return {
    mtu: mtu === undefined || mtu === null ? undefined : String(mtu),
    dhcp4: own.some(({type}) => type === 'ipv4_dhcp'),
    dhcp6: own.some(({type}) => /^ipv6_dhcp/.test(type)),
    addresses: own.flatMap(({type, ip_address: address, netmask}) =>
      !address || /dhcp|slaac/.test(type)
        ? []
        : [address.includes('/') ? address : `${address}/${prefixLength(netmask ?? undefined, address)}`],
    ),
    nameservers: {
      addresses: [
        ...own.flatMap(({dns_nameservers: servers = []}) => servers),
        ...services.filter(({type}) => type === 'dns').map(({address}) => address),
      ],
    },
    routes: own.flatMap(({routes = [], gateway}) => [
      ...(gateway ? [{to: 'default', via: gateway}] : []),
      ...routes.map(({network, netmask, gateway: via}) => ({
        to: network.includes('/') ? network : `${network}/${prefixLength(netmask ?? undefined, network)}`,
        via: via ?? undefined,
      })),
    ]),
  }
}
