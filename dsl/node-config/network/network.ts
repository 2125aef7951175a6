import * as z from 'zod/mini'
import {linkFields} from './link.ts'
import {bondParameters, bridgeParameters} from './parameters.ts'
import {flag, hardwareAddress, interfaceName, list, oneOf, text, wholeNumber} from './values.ts'
import {versionOneItem} from './version-one.ts'

type LinkFields = ReturnType<typeof linkFields>

/** A card, or all cards that match. */
const ethernet = (fields: LinkFields) =>
  z.strictObject({
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
    ...fields,
  })

const bond = (fields: LinkFields) =>
  z.strictObject({
    interfaces: list('The members: names in `ethernets`, or of cards.'),
    parameters: z.optional(bondParameters().check(z.meta({description: 'How the members work together.'}))),
    ...fields,
  })

const bridge = (fields: LinkFields) =>
  z.strictObject({
    interfaces: list('The members: names of other links, or of cards.'),
    parameters: z.optional(bridgeParameters().check(z.meta({description: 'Spanning tree and timers.'}))),
    ...fields,
  })

const vlan = (fields: LinkFields) =>
  z.strictObject({
    id: wholeNumber('The number of the VLAN.', 0, 4094),
    link: text('The link below: a name in the other sections, or of a card.'),
    ...fields,
  })

const wifi = () =>
  z.strictObject({
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

const network = () => {
  const fields = linkFields()
  return z.strictObject({
    version: oneOf('Version of the format. Default: 2.', '1', '2'),
    renderer: text('Accepted and ignored: the node has one renderer.'),
    ethernets: linksBy(ethernet(fields), 'Cards, by a name of your choice or their own.'),
    bonds: linksBy(bond(fields), 'Cards that work as one, by the name that the link gets.'),
    bridges: linksBy(bridge(fields), 'Bridges, by the name that the link gets.'),
    vlans: linksBy(vlan(fields), 'VLANs, by the name that the link gets.'),
    wifis: linksBy(wifi(), 'Wireless cards.'),
    config: z.optional(
      z.array(versionOneItem()).check(z.meta({description: 'Version 1 of the format: links in one list.'})),
    ),
  })
}

/**
 * The network of the node, as cloud-init's network-config (version 2, a part of Netplan's).
 *
 * Lazy, because it has more schemas than all the rest: each start of the node's program would build them.
 */
export const NetworkConfig = z.lazy(network)
export type NetworkConfig = z.output<typeof NetworkConfig>
