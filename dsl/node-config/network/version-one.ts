import * as z from 'zod/mini'
import {flag, list, text, texts, wholeNumber} from './values.ts'

const route = () =>
  z.strictObject({
    network: text('The network; also `destination`.'),
    destination: text('The network.'),
    netmask: text('Its mask or length.'),
    gateway: text('The gateway.'),
    metric: wholeNumber('Metric of the route.', 0, 4_294_967_295),
  })

const subnet = () =>
  z.strictObject({
    type: text('`dhcp`, `dhcp4`, `dhcp6`, `static`, `static6`, `manual` or `ipv6_slaac`.'),
    control: text('Accepted: `auto`, `manual` or `hotplug`.'),
    address: text('The address, with or without the length of its network.'),
    netmask: text('Mask of the network.'),
    broadcast: text('Accepted: the kernel computes it.'),
    gateway: text('The default gateway.'),
    dns_nameservers: list('Addresses of name servers.'),
    dns_search: list('Domains that complete short names.'),
    routes: z.optional(z.array(route()).check(z.meta({description: 'Static routes.'}))),
  })

/** An item of network-config version 1 (cloud-init, "Networking config Version 1"). */
export const versionOneItem = () =>
  z.strictObject({
    type: text('`physical`, `bond`, `bridge`, `vlan`, `nameserver`, `route` or `loopback`.'),
    name: text('Name of the link.'),
    mac_address: text('MAC address of the card.'),
    mtu: wholeNumber('Largest packet, in bytes.', 68, 65_536),
    'accept-ra': flag('Follow the advertisements of IPv6 routers.'),
    keep_configuration: flag('Accepted.'),
    subnets: z.optional(z.array(subnet()).check(z.meta({description: 'Addresses.'}))),
    params: texts('Parameters of a bond or a bridge, such as `bond-mode`.'),
    bond_interfaces: list('Members of a bond.'),
    bridge_interfaces: list('Members of a bridge.'),
    vlan_link: text('The link below a VLAN.'),
    vlan_id: wholeNumber('The number of a VLAN.', 0, 4094),
    address: list('Of `nameserver`: addresses.'),
    search: list('Of `nameserver`: domains that complete short names.'),
    interface: text('Of `nameserver`: the link that they belong to.'),
    destination: text('Of `route`: the network.'),
    netmask: text('Of `route`: the mask of the network.'),
    gateway: text('Of `route`: the gateway.'),
    metric: wholeNumber('Of `route`: its metric.', 0, 4_294_967_295),
  })
