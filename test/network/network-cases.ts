import {waitUntil} from './wait-until.ts'

/** A document, the other side of its links, and what the node reports afterwards. */
export interface NetworkCase {
  /** A fact that can be false. */
  readonly title: string
  /** A config.yaml. Its cards are eth0, eth1 …, each connected with the one of the same name in the namespace `other`. */
  readonly document: string
  readonly pairs: number
  /** Kinds of links that the kernel must have. */
  readonly kinds?: readonly string[]
  /** Programs that the other side needs. */
  readonly programs?: readonly string[]
  /** It needs the services of a node: dhcpcd under OpenRC. */
  readonly needsServices?: boolean
  /** Shell commands before the document is applied, and after; `APPLY` applies it again. */
  readonly before?: string
  readonly after?: string
  /** Shell commands that succeed once the node is as it is expected to be: it is described only then. */
  readonly until?: readonly string[]
  /** Shell commands after that, such as those that stop a server. */
  readonly finish?: string
  /** What `ip` and `haos network` print. */
  readonly expected: readonly RegExp[]
  readonly unexpected?: readonly RegExp[]
}

/** Succeeds when a neighbour answers, which ARP or neighbour discovery shows: not every machine has ping. */
const answers = (address: string) =>
  `ip netns exec node bash -c 'echo >/dev/udp/${address}/9'; sleep 1; ip -n node neighbour show ${address} | grep lladdr`

const hasAddress = (link: string, pattern: string) => `ip -n node address show dev ${link} | grep "inet6\\? ${pattern}"`
const hasRoute = (pattern: string) => `{ ip -n node route; ip -n node -6 route; } | grep "${pattern}"`
const hasNameServer = (address: string) => `grep "nameserver ${address}" /run/resolv.conf`

const serveDhcp = `
printf 'interface eth0\\nstart 192.0.2.50\\nend 192.0.2.50\\noption subnet 255.255.255.0\\noption router 192.0.2.1\\noption dns 192.0.2.53\\nlease_file /run/leases\\npidfile /run/udhcpd.pid\\n' >/run/udhcpd.conf
: >/run/leases
ip -n other address add 192.0.2.1/24 dev eth0`

export const networkCases: readonly NetworkCase[] = [
  {
    title: 'static addresses of both families reach the other side, with an MTU and routes',
    document: `network:
  ethernets:
    eth0:
      addresses: [192.0.2.10/24, "2001:db8::10/64"]
      mtu: 1400
      routes:
      - {to: default, via: 192.0.2.1}
      - {to: "::/0", via: "2001:db8::1"}
      - {to: 10.0.0.0/8, via: 192.0.2.1, table: 7}
      routing-policy: [{from: 192.0.2.10, table: 7, priority: 100}]`,
    pairs: 1,
    before: 'ip -n other address add 192.0.2.1/24 dev eth0; ip -n other address add 2001:db8::1/64 dev eth0 nodad',
    until: [answers('192.0.2.1'), answers('2001:db8::1')],
    finish: 'ip -n node rule; ip -n node route show table 7; ip -n node neighbour',
    expected: [
      /^192\.0\.2\.1 dev eth0 lladdr/m,
      /^2001:db8::1 dev eth0 lladdr/m,
      /mtu 1400/,
      /100:\s+from 192\.0\.2\.10 lookup 7/,
      /10\.0\.0\.0\/8 via 192\.0\.2\.1 dev eth0/,
      /default via 2001:db8::1/,
    ],
    unexpected: [/missing/],
  },
  {
    title: 'a VLAN on a bond of two cards reaches a bond with LACP on the other side',
    document: `network:
  bonds: {bond0: {interfaces: [eth0, eth1], parameters: {mode: 802.3ad, lacp-rate: fast}}}
  vlans: {bond0.5: {id: 5, link: bond0, addresses: [192.0.2.10/24]}}`,
    pairs: 2,
    kinds: ['bond', 'vlan'],
    before: `ip -n other link add agg type bond mode 802.3ad lacp_rate fast miimon 100
for card in eth0 eth1; do ip -n other link set dev $card down; ip -n other link set dev $card master agg; done
ip -n other link set dev agg up; ip -n other link add link agg name v5 type vlan id 5
ip -n other address add 192.0.2.1/24 dev v5; ip -n other link set dev v5 up`,
    until: [answers('192.0.2.1')],
    finish: 'ip -n node neighbour',
    expected: [/^192\.0\.2\.1 dev bond0\.5 lladdr/m, /vlan protocol 802\.1Q id 5/, /bond mode 802\.3ad/],
    unexpected: [/missing/],
  },
  {
    title: 'a bridge with an address forwards between its members',
    document:
      'network: {bridges: {br0: {interfaces: [eth0, eth1], addresses: [192.0.2.10/24], parameters: {stp: false, forward-delay: 2}}}}',
    pairs: 2,
    kinds: ['bridge'],
    before: 'ip -n other address add 192.0.2.1/24 dev eth1',
    until: [answers('192.0.2.1')],
    finish: 'ip -n node neighbour',
    expected: [/^192\.0\.2\.1 dev br0 lladdr/m, /forward_delay 200/, /eth0: veth, up, by configuration, member of br0/],
  },
  {
    title: 'of two default routes the one with the lower metric is used',
    document: `network:
  ethernets:
    eth0: {addresses: [192.0.2.10/24], routes: [{to: default, via: 192.0.2.1, metric: 200}]}
    eth1: {addresses: [198.51.100.10/24], routes: [{to: default, via: 198.51.100.1, metric: 100}]}`,
    pairs: 2,
    after: 'ip -n node route get 203.0.113.1',
    expected: [/203\.0\.113\.1 via 198\.51\.100\.1 dev eth1/, /default via 192\.0\.2\.1 dev eth0 .*metric 200/],
  },
  {
    title: 'a card that matches by its MAC address gets its name, and one without a cable keeps its address',
    document: `network:
  ethernets:
    lan: {match: {macaddress: "02:00:00:00:00:10"}, set-name: lan0, addresses: [192.0.2.10/24]}
    eth1: {addresses: [198.51.100.10/24], optional: true}`,
    pairs: 2,
    before: 'ip -n node link set dev eth0 address 02:00:00:00:00:10; ip -n other link set dev eth1 down',
    expected: [
      /lan0: veth, up, by configuration/,
      /eth1: veth, no carrier/,
      /missing: carrier/,
      /198\.51\.100\.10\/24/,
    ],
  },
  {
    title: 'DHCP that answers long after the network was set up gives an address and name servers',
    document: 'network: {ethernets: {eth0: {dhcp4: true, dhcp4-overrides: {route-metric: 300}}}}',
    pairs: 1,
    needsServices: true,
    before: serveDhcp,
    after: 'sleep 20; ip netns exec other busybox udhcpd /run/udhcpd.conf',
    until: [hasAddress('eth0', '192.0.2.50/24'), hasRoute('default via 192.0.2.1'), hasNameServer('192.0.2.53')],
    finish: 'cat /run/resolv.conf; kill $(cat /run/udhcpd.pid)',
    expected: [/inet 192\.0\.2\.50\/24/, /default via 192\.0\.2\.1 dev eth0 .*metric 300/, /nameserver 192\.0\.2\.53/],
    unexpected: [/missing/],
  },
  {
    title: 'DHCPv6 gives an address and a name server on a network with IPv6 only',
    document: 'network: {ethernets: {eth0: {dhcp6: true}}}',
    pairs: 1,
    needsServices: true,
    programs: ['dnsmasq'],
    before: `ip -n other address add 2001:db8::1/64 dev eth0 nodad
ip netns exec other dnsmasq --conf-file=/dev/null --port=0 --enable-ra --ra-param=eth0,10 --dhcp-range=2001:db8::100,2001:db8::1ff,64 --dhcp-option=option6:dns-server,[2001:db8::53] --pid-file=/run/dnsmasq.pid --dhcp-leasefile=/run/leases --user=root`,
    until: [hasAddress('eth0', '2001:db8::1../128'), hasRoute('default via fe80:'), hasNameServer('2001:db8::53')],
    finish: 'kill $(cat /run/dnsmasq.pid); cat /run/resolv.conf',
    expected: [
      /inet6 2001:db8::1\w\w\/128 scope global dynamic/,
      /nameserver 2001:db8::53/,
      /default via fe80:\S+ dev eth0/,
    ],
    unexpected: [/missing/],
  },
  {
    title: 'a router of IPv6 gives a link its address, also on a node that forwards packets',
    document: 'network: {ethernets: {eth0: {}, eth1: {accept-ra: false}}}',
    pairs: 2,
    programs: ['dnsmasq'],
    before: `ip netns exec node sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; echo 1 >/proc/sys/net/ipv6/conf/default/forwarding'
for number in 0 1; do ip -n other address add 2001:db8:$number::1/64 dev eth$number nodad; done
ip netns exec other dnsmasq --conf-file=/dev/null --port=0 --enable-ra --ra-param=eth0,10 --ra-param=eth1,10 --dhcp-range=2001:db8:0::,ra-only --dhcp-range=2001:db8:1::,ra-only --pid-file=/run/dnsmasq.pid --user=root`,
    until: [hasAddress('eth0', '2001:db8:.*dynamic'), hasRoute('default via fe80:.*proto ra')],
    finish: 'kill $(cat /run/dnsmasq.pid)',
    expected: [
      /inet6 2001:db8::\w+:\w+.*dynamic/,
      /2001:db8::\S+ from router/,
      /default via fe80:\S+ dev eth0 proto ra/,
    ],
    unexpected: [/inet6 2001:db8:1:/, /missing/],
  },
  {
    title: 'applying a document again changes nothing, and another one removes what the first had',
    document:
      'network: {ethernets: {eth0: {addresses: [192.0.2.10/24], gateway4: 192.0.2.1}}, bridges: {br0: {interfaces: [eth1], addresses: [198.51.100.10/24], parameters: {stp: false}}}}',
    pairs: 2,
    kinds: ['bridge'],
    after: `ip -n node address add 203.0.113.7/32 dev eth0
${waitUntil('[ $(ip -n node -6 address show scope link -tentative | grep -c inet6) = 3 ]')}
sleep 1
ip netns exec node ip monitor link address route >/run/monitor & monitor=$!
${waitUntil('ip -n node address replace 203.0.113.8/32 dev lo; grep 203.0.113.8 /run/monitor')}
APPLY
ip -n node address add 203.0.113.9/32 dev lo
${waitUntil('grep 203.0.113.9 /run/monitor')}
kill $monitor; echo "changes: $(grep -vc '203.0.113.[89]\\|valid_lft' /run/monitor)"; cat /run/monitor
echo '{"ethernets":{"eth0":{"addresses":["192.0.2.11/24"]}}}' >/run/node-network/wanted.json; APPLY`,
    expected: [/changes: 0/, /inet 192\.0\.2\.11\/24/, /inet 203\.0\.113\.7\/32/],
    unexpected: [/inet 192\.0\.2\.10/, /br0/, /default via/, /missing/],
  },
  {
    title: '40 cards have their addresses',
    document: `network:\n  ethernets:\n${Array.from({length: 40}, (_, number) => `    eth${number}: {addresses: [10.0.${number}.2/24]}\n`).join('')}`,
    pairs: 40,
    expected: [/inet 10\.0\.0\.2\/24/, /inet 10\.0\.39\.2\/24/],
    unexpected: [/missing/],
  },
]
