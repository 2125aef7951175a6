import * as z from 'zod/mini'
import {linkFields} from './link.ts'
import {bondParameters, bridgeParameters} from './parameters.ts'
import {flag, hardwareAddress, interfaceName, list, oneOf, text, wholeNumber} from './values.ts'
import {VersionOneItem} from './version-one.ts'

/** A card, or all cards that match. */
const Ethernet = z.strictObject({
  match: z.optional(
    z
      .strictObject({
        name: text('Name of the card, with `*`, `?` and `[…]` as in file names.'),
        macaddress: text('Its MAC address.', hardwareAddress),
        driver: list('Names of its driver, with the same wildcards.'),
      })
      .check(z.meta({description: 'Which card; all given properties must match. Default: the card with this name.'})),
  ),
  'set-name': text('New name of the matching card.', interfaceName),
  wakeonlan: flag('Accepted and ignored: set it in the firmware.'),
  ...linkFields,
})

const Bond = z.strictObject({
  interfaces: list('The members: names in `ethernets`, or of cards.'),
  parameters: z.optional(bondParameters.check(z.meta({description: 'How the members work together.'}))),
  ...linkFields,
})

const Bridge = z.strictObject({
  interfaces: list('The members: names of other links, or of cards.'),
  parameters: z.optional(bridgeParameters.check(z.meta({description: 'Spanning tree and timers.'}))),
  ...linkFields,
})

const Vlan = z.strictObject({
  id: wholeNumber('The number of the VLAN.', 0, 4094),
  link: text('The link below: a name in the other sections, or of a card.'),
  ...linkFields,
})

const Wifi = z.strictObject({
  'access-points': z.optional(
    z
      .record(z.string(), z.strictObject({password: text('Passphrase of the network; none for an open network.')}))
      .check(
        z.meta({description: 'Wireless networks by name (SSID). connman joins them, and gets addresses by DHCP.'}),
      ),
  ),
  dhcp4: flag('Accepted: connman always asks DHCP.'),
  dhcp6: flag('Accepted: connman always asks DHCP.'),
  optional: flag('Accepted: the boot never waits for wireless networks.'),
})

const linksBy = <Item extends z.ZodMiniType>(item: Item, description: string) =>
  z.optional(z.record(z.string(), item).check(z.meta({description})))

/** The network of the node, as cloud-init's network-config (version 2, a part of Netplan's). */
export const NetworkConfig = z.strictObject({
  version: oneOf('Version of the format. Default: 2.', '1', '2'),
  renderer: text('Accepted and ignored: the node has one renderer.'),
  ethernets: linksBy(Ethernet, 'Cards, by a name of your choice or their own.'),
  bonds: linksBy(Bond, 'Cards that work as one, by the name that the link gets.'),
  bridges: linksBy(Bridge, 'Bridges, by the name that the link gets.'),
  vlans: linksBy(Vlan, 'VLANs, by the name that the link gets.'),
  wifis: linksBy(Wifi, 'Wireless cards.'),
  config: z.optional(
    z.array(VersionOneItem).check(z.meta({description: 'Version 1 of the format: links in one list.'})),
  ),
})
export type NetworkConfig = z.output<typeof NetworkConfig>
