import * as z from 'zod/mini'
import {
  address,
  addressWithLength,
  flag,
  hardwareAddress,
  list,
  oneOf,
  routeTarget,
  text,
  wholeNumber,
} from './values.ts'

/** A static route. */
const route = () =>
  z.strictObject({
    to: text('Where it leads: `default`, an address or a network. Default: `default`.', routeTarget),
    via: text('The gateway.', address),
    from: text('Source address of packets that take it.', address),
    metric: wholeNumber('Of two routes to the same place, the lower metric wins.', 0, 4_294_967_295),
    table: wholeNumber('The routing table. Default: the main one, 254.', 1, 4_294_967_295),
    mtu: wholeNumber('Largest packet on this route, in bytes.', 68, 65_536),
    scope: oneOf('How far the target is away. Default: `global` with a gateway.', 'global', 'link', 'host'),
    type: oneOf(
      'What happens to its packets. Default: `unicast`.',
      ...['unicast', 'blackhole', 'unreachable', 'prohibit'],
    ),
    'on-link': flag('The gateway is on this link, whatever the addresses say.'),
  })

/** A rule that chooses a routing table. */
const routingRule = () =>
  z.strictObject({
    from: text('Packets from this network.', routeTarget),
    to: text('Packets to this network.', routeTarget),
    table: wholeNumber('The routing table for them.', 1, 4_294_967_295),
    priority: wholeNumber('The lowest priority is asked first.', 0, 4_294_967_295),
    mark: wholeNumber('Packets with this mark (fwmark).', 1, 4_294_967_295),
  })

/** What of an answer of DHCP is used. */
const dhcpOverrides = () =>
  z.strictObject({
    'use-dns': flag('Use its name servers. Default: true.'),
    'use-domains': flag('Use its search domains. Default: true.'),
    'use-routes': flag('Use its routes. Default: true.'),
    'use-mtu': flag('Use its MTU. Default: true.'),
    'use-ntp': flag('Accepted: time servers are those of `ntp_servers`.'),
    'use-hostname': flag('Accepted: DHCP never names a node.'),
    'send-hostname': flag('Send the name of the node. Default: true.'),
    hostname: text('Send this name instead.'),
    'route-metric': wholeNumber('Metric of its routes.', 0, 4_294_967_295),
  })

/** Keys of every kind of link. */
export const linkFields = () => ({
  addresses: list('Static addresses, each with the length of its network.', addressWithLength),
  dhcp4: flag('Get an IPv4 address by DHCP. Default: false.'),
  dhcp6: flag('Get IPv6 addresses by DHCPv6. Default: false.'),
  'dhcp4-overrides': z.optional(dhcpOverrides().check(z.meta({description: 'What of the answer of DHCP is used.'}))),
  'dhcp6-overrides': z.optional(dhcpOverrides().check(z.meta({description: 'What of the answer of DHCPv6 is used.'}))),
  'accept-ra': flag('Follow the advertisements of IPv6 routers. Default: true.'),
  gateway4: text('Deprecated: the default route of IPv4. Use `routes`.', address),
  gateway6: text('Deprecated: the default route of IPv6. Use `routes`.', address),
  nameservers: z.optional(
    z
      .strictObject({
        addresses: list('Addresses of name servers.', address),
        search: list('Domains that complete short names.'),
      })
      .check(z.meta({description: 'Name servers, used before those of DHCP.'})),
  ),
  routes: z.optional(z.array(route()).check(z.meta({description: 'Static routes over this link.'}))),
  'routing-policy': z.optional(
    z.array(routingRule()).check(z.meta({description: 'Rules that choose a routing table.'})),
  ),
  mtu: wholeNumber('Largest packet on this link, in bytes.', 68, 65_536),
  macaddress: text('MAC address that the link gets.', hardwareAddress),
  optional: flag('The boot does not wait for this link. Default: false.'),
  renderer: text('Accepted and ignored: the node has one renderer.'),
})
