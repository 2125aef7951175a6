import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {readOneConfig} from '../../config/read-one-config.ts'
import type {Link, Network} from '../links.ts'
import type {AppliedNetwork} from './network-plan.ts'
import {planNetwork} from './plan-network.ts'

const card = (name: string, more: Partial<Link> = {}): Link => ({
  name,
  mac: `52:54:00:00:00:${String(Number(/\d+$/.exec(name)?.[0] ?? 0) % 100).padStart(2, '0')}`,
  permanentMac: undefined,
  driver: 'virtio_net',
  kind: undefined,
  isUp: false,
  hasCarrier: true,
  mtu: 1500,
  master: undefined,
  parent: undefined,
  addresses: [],
  ...more,
})

/** The lines for `ip`, and the problems, of a document on a node with these links. */
function plan(yaml: string, links: readonly Link[], before: AppliedNetwork = {}, routes: Network['routes'] = []) {
  const {config, problems} = readOneConfig('config.yaml', yaml, deriveIdentity('haos'))
  const result = planNetwork(config.network ?? {}, {links, routes}, before)
  return {
    ...result,
    ip: result.operations.flatMap((operation) => ('ip' in operation ? [operation.ip.join(' ')] : [])),
    mistakes: problems.map(({path, message, line, column}) => `${line}:${column} ${path} ${message}`),
    reported: result.problems.map(({path, message}) => `${path} ${message}`),
  }
}

test.each<[title: string, yaml: string, links: readonly Link[], ip: readonly string[]]>([
  [
    'a static address, its gateway and its MTU',
    'network: {ethernets: {eth0: {addresses: [192.0.2.10/24, "2001:db8::10/64"], gateway4: 192.0.2.1, mtu: 9000}}}',
    [card('eth0'), card('eth1')],
    [
      'link set dev eth0 mtu 9000',
      'link set dev eth0 up',
      'address replace 192.0.2.10/24 broadcast + dev eth0',
      'address replace 2001:db8::10/64 dev eth0',
      'route replace 0.0.0.0/0 via 192.0.2.1 dev eth0 proto static',
    ],
  ],
  [
    'a VLAN on a bond of two cards, which are named only as its members',
    `network:
  bonds: {bond0: {interfaces: [eth0, eth1], mtu: 9000, parameters: {mode: 802.3ad, lacp-rate: fast, transmit-hash-policy: layer3+4}}}
  vlans: {storage: {id: 5, link: bond0, addresses: [192.0.2.10/24]}}`,
    [card('eth0', {isUp: true}), card('eth1')],
    [
      'link add name bond0 type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4',
      'link set dev eth0 down',
      'link set dev eth0 master bond0',
      'link set dev eth1 master bond0',
      'link set dev bond0 mtu 9000',
      'link add link bond0 name storage type vlan id 5',
      'link set dev eth0 up',
      'link set dev eth1 up',
      'link set dev bond0 up',
      'link set dev storage up',
      'address replace 192.0.2.10/24 broadcast + dev storage',
    ],
  ],
  [
    'a bridge whose member had an address, with times in seconds',
    'network: {bridges: {br0: {interfaces: [eth0], parameters: {stp: false, forward-delay: 4, path-cost: {eth0: 50}}}}}',
    [
      card('eth0', {
        isUp: true,
        addresses: [{address: '10.0.0.5/24', scope: 'global', isDynamic: false, isFromRouter: false}],
      }),
    ],
    [
      'link add name br0 type bridge stp_state 0 forward_delay 400',
      'address flush dev eth0',
      'link set dev eth0 master br0',
      'link set dev eth0 type bridge_slave cost 50',
      'link set dev eth0 up',
      'link set dev br0 up',
    ],
  ],
  [
    'cards that exchange their names',
    `network:
  ethernets:
    lan: {match: {macaddress: "52:54:00:00:00:01"}, set-name: eth0}
    wan: {match: {macaddress: "52:54:00:00:00:00"}, set-name: eth1}`,
    [card('eth0', {isUp: true}), card('eth1')],
    [
      'link set dev eth0 down',
      'link set dev eth1 name renamed0',
      'link set dev eth0 name renamed1',
      'link set dev renamed0 name eth0',
      'link set dev renamed1 name eth1',
      'link set dev eth0 up',
      'link set dev eth1 up',
    ],
  ],
  [
    'routes with metric, table, source and type, and a rule',
    `network:
  ethernets:
    eth0:
      routes:
      - {to: default, via: 192.0.2.1, metric: 100, on-link: true}
      - {to: "::/0", via: "fe80::1"}
      - {to: 10.0.0.0/8, via: 192.0.2.2, table: 7, from: 192.0.2.10, mtu: 1400}
      - {to: 10.9.0.0/16, type: blackhole}
      routing-policy: [{from: 192.0.2.10, table: 7, priority: 100}]`,
    [card('eth0', {isUp: true})],
    [
      'route replace 0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100 proto static onlink',
      'route replace ::/0 via fe80::1 dev eth0 proto static',
      'route replace 10.0.0.0/8 via 192.0.2.2 dev eth0 src 192.0.2.10 table 7 mtu 1400 proto static',
      'route replace blackhole 10.9.0.0/16 proto static',
      'rule add from 192.0.2.10 priority 100 table 7',
    ],
  ],
  [
    'cards that match by driver and by name, with one MAC address for all',
    'network: {ethernets: {all: {match: {driver: "virtio*", name: "ens[0-3]"}, optional: true, mtu: 1400}}}',
    [card('ens0'), card('ens3'), card('ens5'), card('ens1', {driver: 'e1000'})],
    ['link set dev ens0 mtu 1400', 'link set dev ens3 mtu 1400', 'link set dev ens0 up', 'link set dev ens3 up'],
  ],
])('%s', (_, yaml, links, ip) => {
  const result = plan(yaml, links)

  expect(result.mistakes).toEqual([])
  expect(result.reported).toEqual([])
  expect(result.ip).toEqual(ip)
})

test('a network that is as wanted is not touched, however its addresses are written', () => {
  const yaml = `network:
  bonds: {bond0: {interfaces: [eth0], addresses: ["2001:DB8:0::0010/64", 192.0.2.10/24], gateway4: 192.0.2.1}}`
  const {applied} = plan(yaml, [card('eth0')])
  const address = (text: string) => ({address: text, scope: 'global', isDynamic: false, isFromRouter: false})
  const links = [
    card('eth0', {isUp: true, master: 'bond0'}),
    card('bond0', {
      isUp: true,
      kind: 'bond',
      addresses: [address('2001:db8::10/64'), address('192.0.2.10/24'), address('203.0.113.7/32')],
    }),
  ]
  const route = {
    to: '0.0.0.0/0',
    via: '192.0.2.1',
    link: 'bond0',
    metric: undefined,
    table: 'main',
    protocol: 'static',
  }
  expect(plan(yaml, links, applied, [route]).ip).toEqual([])

  const other = yaml.replace('192.0.2.10/24', '192.0.2.11/24').replace(', gateway4: 192.0.2.1', '')
  expect(plan(other, links, applied, [route]).ip).toEqual([
    'address delete 192.0.2.10/24 dev bond0',
    'address replace 192.0.2.11/24 broadcast + dev bond0',
    'route delete 0.0.0.0/0 via 192.0.2.1 dev bond0 proto static',
  ])
})

test('a link that is named no more is removed, and one with other parameters is made again with its VLANs', () => {
  const yaml = `network:
  bonds: {bond0: {interfaces: [eth0], parameters: {mode: active-backup}}}
  vlans: {v5: {id: 5, link: bond0, addresses: [192.0.2.10/24]}}`
  const {applied} = plan(yaml, [card('eth0')])
  const links = [
    card('eth0', {isUp: true, master: 'bond0'}),
    card('bond0', {isUp: true, kind: 'bond'}),
    card('v5', {isUp: true, kind: 'vlan', parent: 'bond0'}),
  ]

  expect(plan('hostname: a', links, applied).ip).toEqual(['link delete dev bond0', 'link delete dev v5'])
  expect(plan(yaml.replace('active-backup', '802.3ad'), links, applied).ip).toEqual([
    'link delete dev bond0',
    'link add name bond0 type bond mode 802.3ad miimon 100',
    'link set dev eth0 down',
    'link set dev eth0 master bond0',
    'link add link bond0 name v5 type vlan id 5',
    'link set dev eth0 up',
    'link set dev bond0 up',
    'link set dev v5 up',
    'address replace 192.0.2.10/24 broadcast + dev v5',
  ])
})

test('a mistake costs only what it is in, and is reported with its line', () => {
  const result = plan(
    `network:
  version: 2
  ethernets:
    eth0:
      adresses: [192.0.2.9/24]
      addresses: [192.0.2.10, 192.0.2.10/24]
      mtu: large
      routes: [{to: default, via: router}, {to: 10.0.0.0/8, via: 192.0.2.1}]
  vlans:
    v5: {link: eth0}
  bonds:
    bond0: {interfaces: [eth8], addresses: [192.0.2.20/24]}
`,
    [card('eth0', {isUp: true})],
  )

  expect(result.mistakes.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
    '5:7 network.ethernets.eth0.adresses',
    '6:19 network.ethernets.eth0.addresses[0]',
    '7:12 network.ethernets.eth0.mtu',
    '8:35 network.ethernets.eth0.routes[0].via',
    '10:9 network.vlans.v5.id',
  ])
  expect(result.reported).toEqual([
    'network.vlans.v5.id is missing',
    'network.bonds.bond0.interfaces names eth8, which does not exist',
  ])
  expect(result.ip).toEqual([
    'link add name bond0 type bond mode balance-rr miimon 100',
    'link set dev bond0 up',
    'address replace 192.0.2.10/24 broadcast + dev eth0',
    'address replace 192.0.2.20/24 broadcast + dev bond0',
    'route replace 10.0.0.0/8 via 192.0.2.1 dev eth0 proto static',
  ])
})

test('a card that does not exist is a problem unless it is optional, and the others are set up', () => {
  const yaml = (optional: string) =>
    `network: {ethernets: {eth7: {addresses: [192.0.2.10/24]${optional}}, eth0: {dhcp4: true, optional: true}}}`

  const {reported, ip, awaited, dhcp} = plan(yaml(''), [card('eth0')])
  expect(reported).toEqual(['network.ethernets.eth7 does not exist on this machine'])
  expect(ip).toEqual(['link set dev eth0 up'])
  expect(awaited).toEqual([])
  expect(dhcp.map(({name}) => name)).toEqual(['eth0'])
  expect(plan(yaml(', optional: true'), [card('eth0')]).reported).toEqual([])
})

test('the boot waits for the addresses of the links that are not optional, and for no DHCPv6 beside DHCP', () => {
  const yaml = `network:
  ethernets:
    eth0: {dhcp4: true, dhcp6: true}
    eth1: {dhcp6: true, addresses: [192.0.2.10/24]}
    eth2: {addresses: ["2001:db8::10/64"]}
    eth3: {dhcp4: true, addresses: [192.0.2.11/24], optional: true}
    eth4: {mtu: 9000}
  bonds: {bond0: {interfaces: [eth4], dhcp4: true}}`
  const {awaited} = plan(
    yaml,
    [0, 1, 2, 3, 4].map((number) => card(`eth${number}`)),
  )

  expect(awaited.map(({name, family}) => `${name} ${family}`)).toEqual([
    'eth0 4',
    'eth1 4',
    'eth1 6',
    'eth2 6',
    'bond0 4',
  ])
})

test('cards that match by MAC address are known after they became members of a bond, which gives them one address', () => {
  const yaml = `network:
  ethernets: {one: {match: {macaddress: "52:54:00:00:00:01"}}, two: {match: {macaddress: "52:54:00:00:00:02"}}}
  bonds: {bond0: {interfaces: [one, two]}}`
  const cards = ['eth1', 'eth2'].map((name) => card(name))
  const {applied} = plan(yaml, cards)
  const mac = '52:54:00:00:00:01'
  const members = cards.map((each) => ({...each, isUp: true, master: 'bond0', mac, permanentMac: each.mac}))
  const again = plan(yaml, [...members, card('bond0', {kind: 'bond', isUp: true, mac})], applied)

  expect(again.reported).toEqual([])
  expect(again.ip).toEqual([])
})

test('40 cards are set up in one plan, each with its own address', () => {
  const numbers = Array.from({length: 40}, (_, number) => number)
  const entries = numbers.map((number) => `    eth${number}: {addresses: [10.0.${number}.2/24]}\n`)
  const {ip} = plan(
    `network:\n  ethernets:\n${entries.join('')}`,
    numbers.map((number) => card(`eth${number}`)),
  )

  expect(ip).toHaveLength(80)
  expect(ip.at(-1)).toBe('address replace 10.0.39.2/24 broadcast + dev eth39')
})
