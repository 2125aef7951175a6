import * as z from 'zod/mini'
import {address, duration, flag, list, oneOf, text, texts, wholeNumber} from './values.ts'

/** Parameters of a bond: Netplan's names for those of the kernel (Documentation/networking/bonding.rst). */
export const bondParameters = () =>
  z.strictObject({
    mode: oneOf(
      'How packets are spread. Default: balance-rr.',
      ...['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'],
      ...['0', '1', '2', '3', '4', '5', '6'],
    ),
    primary: text('The member that is preferred.'),
    'lacp-rate': oneOf('How often LACP speaks: `slow` or `fast`.', 'slow', 'fast', '0', '1'),
    'mii-monitor-interval': duration('How often the carrier is checked, in ms. Default: 100 without ARP monitoring.'),
    'min-links': wholeNumber('Fewest members for the bond to be up.', 0, 65_535),
    'transmit-hash-policy': oneOf(
      'What chooses the member for a packet.',
      ...['layer2', 'layer3+4', 'layer2+3', 'encap2+3', 'encap3+4', 'vlan+srcmac'],
    ),
    'ad-select': oneOf('Which aggregate is used.', 'stable', 'bandwidth', 'count'),
    'all-slaves-active': flag('Accept packets that arrive at inactive members.'),
    'arp-interval': duration('How often members are checked by ARP, in ms.'),
    'arp-ip-targets': list('Addresses that ARP asks for.', address),
    'arp-validate': oneOf('Which answers of ARP are checked.', 'none', 'active', 'backup', 'all'),
    'arp-all-targets': oneOf('How many targets must answer.', 'any', 'all'),
    'up-delay': duration('How long a carrier must last before the member is used, in ms.'),
    'down-delay': duration('How long a carrier must be missing before the member is not used, in ms.'),
    'fail-over-mac-policy': oneOf('Which MAC address the members have.', 'none', 'active', 'follow'),
    'gratuitous-arp': wholeNumber('How many ARP announcements follow a failover.', 0, 255),
    'packets-per-slave': wholeNumber('Packets that a member sends before the next one does.', 0, 65_535),
    'primary-reselect-policy': oneOf('When the primary is used again.', 'always', 'better', 'failure'),
    'learn-packet-interval': duration('How often learning packets are sent, in seconds.'),
    'resend-igmp': wholeNumber('How many IGMP reports follow a failover.', 0, 255),
  })

/** Parameters of a bridge. Times are in seconds. */
export const bridgeParameters = () =>
  z.strictObject({
    stp: flag('Speak the spanning tree protocol. Default: true.'),
    'forward-delay': duration('How long a member listens and learns before it forwards, in seconds.'),
    'hello-time': duration('How often the bridge announces itself, in seconds.'),
    'max-age': duration('How long an announcement is valid, in seconds.'),
    'ageing-time': duration('How long a MAC address is remembered, in seconds.'),
    'aging-time': duration('Another spelling of `ageing-time`.'),
    priority: wholeNumber('The bridge with the lowest number becomes the root.', 0, 65_535),
    'path-cost': texts('Cost of each member.'),
    'port-priority': texts('Priority of each member.'),
  })
