import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import * as z from 'zod'
import {shellQuote} from '#dsl'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {remasterForNode} from '../image/remaster-for-node.ts'
import {caseScript} from '../network/case-script.ts'
import {networkCases} from '../network/network-cases.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const mac = (number: number) => `52:54:00:16:00:0${number}`

/**
 * Cards 1 and 2 are connected with 3 and 4; 5 has a router for IPv6 only, 6 a DHCP server, 7 no cable; 8 is plugged in later, and a
 * disc describes 9.
 */
const cards = [
  ...[1, 2].flatMap((hub) => [
    ...['-netdev', `hubport,id=near${hub},hubid=${hub}`, '-netdev', `hubport,id=far${hub},hubid=${hub}`],
    ...['-device', `virtio-net-pci,netdev=near${hub},mac=${mac(hub)},speed=1000,duplex=full`],
    ...['-device', `virtio-net-pci,netdev=far${hub},mac=${mac(hub + 2)},speed=1000,duplex=full`],
  ]),
  ...['-netdev', 'user,id=six,ipv4=off', '-device', `virtio-net-pci,netdev=six,mac=${mac(5)}`],
  ...['-netdev', 'user,id=four,ipv6=off,net=10.0.6.0/24', '-device', `virtio-net-pci,netdev=four,mac=${mac(6)}`],
  ...['-device', `virtio-net-pci,mac=${mac(7)},id=loose`],
  ...['-netdev', 'user,id=late,ipv6=off,net=10.0.8.0/24'],
  ...['-netdev', 'user,id=nine,ipv6=off,net=10.0.9.0/24', '-device', `virtio-net-pci,netdev=nine,mac=${mac(9)}`],
]

const config = `
network:
  ethernets:
    one: {match: {macaddress: "${mac(1)}"}}
    two: {match: {macaddress: "${mac(2)}"}}
    peer: {match: {macaddress: "${mac(3)}"}, optional: true, accept-ra: false}
    peer2: {match: {macaddress: "${mac(4)}"}, optional: true, accept-ra: false}
    six: {match: {macaddress: "${mac(5)}"}, set-name: six, dhcp6: true}
    four: {match: {macaddress: "${mac(6)}"}, set-name: four, dhcp4: true, dhcp4-overrides: {route-metric: 500}}
    loose: {match: {macaddress: "${mac(7)}"}, set-name: loose, addresses: [192.0.2.77/24], optional: true}
    absent: {addresses: [192.0.2.78/24]}
    late: {match: {macaddress: "${mac(8)}"}, set-name: late, dhcp4: true, dhcp4-overrides: {use-routes: false}, optional: true}
    wlan1: {accept-ra: false, optional: true}
  wifis:
    wlan0: {access-points: {lab air: {password: geheimnis}}}
  bonds:
    bond0: {interfaces: [one, two], mtu: 1450, parameters: {mode: 802.3ad, lacp-rate: fast}}
  vlans:
    storage:
      id: 5
      link: bond0
      addresses: [198.51.100.10/24, "2001:db8:5::10/64"]
      routes: [{to: 203.0.113.0/24, via: 198.51.100.1, metric: 70}]
      nameservers: {addresses: [198.51.100.53], search: [lab.example]}
haos:
  data_sources: [nocloud]
`

/** The files of a disc of NoCloud. */
const disc = {
  'meta-data': 'instance-id: net-1\n',
  'network-config': `version: 2
ethernets: {nine: {match: {macaddress: "${mac(9)}"}, set-name: nine, addresses: [10.0.9.9/24]}}
`,
}

const Described = z.object({
  links: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      by: z.string(),
      addresses: z.array(z.object({address: z.string(), from: z.string()})),
      missing: z.array(z.string()),
    }),
  ),
})

describe.skipIf(missing !== undefined)(`the network of a node (${missing ?? 'with eight cards'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-network-test-'))
  let machine: Machine
  beforeAll(async () => {
    const iso = await remasterForNode(await buildImage(), scratch, {config})
    const tree = join(scratch, 'disc')
    mkdirSync(tree)
    for (const [name, content] of Object.entries(disc)) writeFileSync(join(tree, name), content)
    const seed = join(scratch, 'seed.iso')
    execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-R', '-o', seed, tree], {stdio: 'ignore'})
    machine = await boot(iso, {
      memoryMiB: 768,
      qemuArguments: [
        ...cards,
        ...['-drive', `if=none,id=seed,file=${seed},format=raw,readonly=on`, '-device', 'ide-cd,drive=seed,bus=ide.2'],
      ],
      logFile: join(scratch, 'log'),
    })
    await machine.login({user: 'rancher', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('grep -q runtime /run/haos/problems.json', {timeoutMs: 20 * minutes})
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    rmSync(scratch, {recursive: true, force: true})
  })

  const describeLinks = async () => Described.parse(JSON.parse(await machine.succeed('sudo haos network --json'))).links
  const linkOf = async (name: string) => (await describeLinks()).find((link) => link.name === name)

  test('a disc describes a link before the network is up, and the link says so', async () => {
    expect(await machine.succeed('sudo haos network')).toMatch(/^nine: .* by network-config of nocloud/m)
    expect(await linkOf('nine')).toMatchObject({by: 'configuration', missing: []})
    await machine.succeed(
      'test $(stat -c %Y /run/openrc/started/network-online) -ge $(stat -c %Y /run/node-network/links) && grep nine /run/node-network/links',
    )
  })

  test('a VLAN on a bond of two cards has its addresses, and speaks with another system over LACP', async () => {
    await machine.succeed(`sudo sh -e -c '
      ip netns add peer
      ip -n peer link add agg type bond mode 802.3ad lacp_rate fast miimon 100
      for mac in ${mac(3)} ${mac(4)}; do
        card=$(ip -o link | grep "$mac" | cut -d: -f2 | tr -d " ")
        ip link set dev "$card" down
        ip link set dev "$card" netns peer
        ip -n peer link set dev "$card" master agg
      done
      ip -n peer link set dev agg up
      ip -n peer link add link agg name v5 type vlan id 5
      ip -n peer address add 198.51.100.1/24 dev v5
      ip -n peer link set dev v5 up'`)
    await machine.waitUntilSucceeds('sudo ping -c 1 -W 2 198.51.100.1', {timeoutMs: 3 * minutes})
    expect(await machine.succeed('grep -c "MII Status: up" /proc/net/bonding/bond0')).toBe('3')
    expect(
      await machine.succeed('sudo grep -A 3 "Active Aggregator" /proc/net/bonding/bond0 | grep "Number of ports"'),
    ).toContain('2')
    expect(await linkOf('storage')).toMatchObject({
      state: 'up',
      by: 'configuration',
      addresses: expect.arrayContaining([
        {address: '198.51.100.10/24', from: 'configuration'},
        {address: '2001:db8:5::10/64', from: 'configuration'},
      ]),
      missing: [],
    })
    expect(await machine.succeed('ip -json route show 203.0.113.0/24')).toContain('"metric":70')
    expect(await machine.succeed('cat /sys/class/net/bond0/mtu')).toBe('1450')
  })

  test('a renamed card has an address by DHCP with its metric, and another one by an IPv6 router', async () => {
    await machine.waitUntilSucceeds('ip -4 route show default dev four | grep "metric 500"', {timeoutMs: 3 * minutes})
    expect(await linkOf('four')).toMatchObject({
      addresses: expect.arrayContaining([{address: '10.0.6.15/24', from: 'DHCP'}]),
    })
    await machine.waitUntilSucceeds('ip -6 address show dev six | grep fec0:', {
      timeoutMs: 3 * minutes,
    })
    expect((await linkOf('six'))?.addresses.some(({address}) => address.startsWith('fec0:'))).toBe(true)
  })

  test('connman keeps the card that the configuration does not name', async () => {
    const links = await describeLinks()
    const own = links.filter(({by}) => by === 'connman')
    expect(own).toHaveLength(1)
    expect(own[0]?.addresses).toContainEqual({address: '10.0.2.15/24', from: 'connman'})
  })

  test('a card without a cable and one that does not exist are shown, and only the latter is a problem', async () => {
    expect(await linkOf('loose')).toMatchObject({
      addresses: expect.arrayContaining([{address: '192.0.2.77/24', from: 'configuration'}]),
    })
    const {output} = await machine.run('sudo haos config status')
    expect(output).toContain('network.ethernets.absent does not exist on this machine')
    expect(output).not.toContain('loose')
  })

  test('the boot waits until a link that is not optional has its address, beside the default route of another', async () => {
    await machine.succeed(
      `sudo sh -e -c '
        rc-service link-dhcp stop
        ip -4 address flush dev four
        (sleep 8; ip address add 10.0.6.15/24 dev four) </dev/null >/dev/null 2>&1 &
        rc-service --nodeps network-online restart
        ip -4 address show dev four | grep 10.0.6.15
        ip -4 route show default | grep -v four
        rc-service link-dhcp start'`,
      {timeoutMs: 5 * minutes},
    )
  })

  test('name servers of the configuration come before those of connman', async () => {
    expect(await machine.succeed('cat /etc/resolv.conf')).toMatch(
      /^search lab\.example.*\nnameserver 198\.51\.100\.53\n[\s\S]*nameserver 10\.0\.2\.3/,
    )
  })

  test('applying it again changes nothing, and does not cut the bond', async () => {
    const before = await machine.succeed('cat /sys/class/net/bond0/ifindex /sys/class/net/bond0/carrier_changes')
    await machine.run('sudo haos config')
    expect(await machine.succeed('cat /sys/class/net/bond0/ifindex /sys/class/net/bond0/carrier_changes')).toBe(before)
  })

  test('a card that is plugged in after the boot gets what the configuration wants of it', async () => {
    await machine.qmp('device_add', {driver: 'virtio-net-pci', id: 'late', bus: 'port0', netdev: 'late', mac: mac(8)})
    await machine.waitUntilSucceeds('ip -4 address show dev late | grep 10.0.8.15', {timeoutMs: 5 * minutes})
    expect(await linkOf('late')).toMatchObject({state: 'up', by: 'configuration', missing: []})
  })

  test('connman joins the wireless network of the configuration', async () => {
    const point = [
      'ssid="lab air"',
      'mode=2',
      'frequency=2412',
      'key_mgmt=WPA-PSK',
      'proto=RSN',
      'pairwise=CCMP',
      'psk="geheimnis"',
    ]
    const dhcp = [
      'interface wlan1',
      'start 10.0.10.50',
      'end 10.0.10.50',
      'option subnet 255.255.255.0',
      'lease_file /run/leases',
    ]
    const script = `set -e
modprobe mac80211_hwsim radios=2
for i in $(seq 60); do [ -e /sys/class/net/wlan1 ] && break; sleep 1; done
cat >/run/point.conf <<'END'
network={
${point.join('\n')}
}
END
printf '%s\n' ${dhcp.map(shellQuote).join(' ')} >/run/dhcp.conf
: >/run/leases
wpa_supplicant -B -D nl80211 -i wlan1 -c /run/point.conf
ip address add 10.0.10.1/24 dev wlan1
busybox udhcpd /run/dhcp.conf`
    await machine.succeed(`sudo sh -c ${shellQuote(script)}`, {timeoutMs: 5 * minutes})
    await machine.waitUntilSucceeds('ip -4 address show dev wlan0 | grep 10.0.10.50', {timeoutMs: 5 * minutes})
    expect(await machine.succeed('connmanctl services')).toMatch(/lab air/)
  })

  describe('in a network namespace', () => {
    beforeAll(async () => {
      await machine.succeed(
        'sudo sh -c "rc-service connman stop; rm -rf /run/connman; rc-service link-dhcp stop; true"',
      )
    })

    test.each(
      networkCases.filter(({programs = []}) => programs.length === 0).map((each) => [each.title, each] as const),
    )('%s', async (_, each) => {
      const output = await machine.succeed(`sudo sh -c ${shellQuote(caseScript(each, 'haos'))}`, {
        timeoutMs: 5 * minutes,
      })
      for (const line of each.expected) expect(output).toMatch(line)
      for (const line of each.unexpected ?? []) expect(output).not.toMatch(line)
    })
  })
})
