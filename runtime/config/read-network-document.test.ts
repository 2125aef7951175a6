import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {planNetwork} from '../network/plan/plan-network.ts'
import {readConfig} from './read-config.ts'

/** What a node reads with these files in /run/config. */
function read(documents: Readonly<Record<string, string>>) {
  const files = {
    read: (path: string) => documents[path.replace('/run/config/', '')],
    list: () => undefined,
  }
  const {config, problems} = readConfig(files, {identity: deriveIdentity('haos'), cmdline: ''})
  return {config, problems: problems.map(({path, message, line}) => `${line ?? '-'} ${path} ${message}`)}
}

const versionTwo = `version: 2
ethernets:
  eth0:
    addresses: [192.0.2.10/24]
    mtu: large
`

test.each([
  ['without the key network', versionTwo, 5],
  ['with it', `network:\n${versionTwo.replace(/^/gm, '  ')}`, 6],
])('a network-config %s is read, and cannot set anything else', (_, text, line) => {
  const {config, problems} = read({'network-config': `${text}hostname: other\n`.replace(/^ {2}hostname/m, 'hostname')})

  expect(config.network?.ethernets).toEqual({eth0: {addresses: ['192.0.2.10/24']}})
  expect(config.hostname).toBeUndefined()
  expect(problems[0]).toBe(`${line} network.ethernets.eth0.mtu must be a whole number from 68 to 65536`)
})

test('version 1 is set up as version 2 is', () => {
  const {config, problems} = read({
    'network-config': `version: 1
config:
- {type: physical, name: eth0, mac_address: "52:54:00:00:00:01"}
- {type: physical, name: eth1, mac_address: "52:54:00:00:00:02", mtu: 9000}
- type: bond
  name: bond0
  bond_interfaces: [eth0, eth1]
  params: {bond-mode: active-backup, bond_miimon: 50}
- type: vlan
  name: bond0.5
  vlan_link: bond0
  vlan_id: 5
  subnets:
  - {type: static, address: 192.0.2.10, netmask: 255.255.255.0, gateway: 192.0.2.1, dns_nameservers: [192.0.2.53]}
- {type: nameserver, address: [192.0.2.54], search: [lab.example]}
`,
  })
  const link = (name: string, mac: string) => ({
    ...{name, mac, permanentMac: mac, driver: 'x', kind: undefined, isUp: false, hasCarrier: true, mtu: 1500},
    ...{master: undefined, parent: undefined, addresses: []},
  })
  const links = [link('ens3', '52:54:00:00:00:01'), link('ens4', '52:54:00:00:00:02')]
  const plan = planNetwork(config.network ?? {}, {links, routes: []}, {})

  expect(problems).toEqual([])
  expect(plan.problems).toEqual([])
  expect(plan.nameservers).toEqual(['192.0.2.53', '192.0.2.54'])
  expect(plan.search).toEqual(['lab.example'])
  expect(plan.operations.flatMap((operation) => ('ip' in operation ? [operation.ip.join(' ')] : []))).toEqual([
    'link set dev ens3 name eth0',
    'link set dev ens4 name eth1',
    'link set dev eth1 mtu 9000',
    'link add name bond0 type bond mode active-backup miimon 50',
    'link set dev eth0 master bond0',
    'link set dev eth1 master bond0',
    'link add link bond0 name bond0.5 type vlan id 5',
    'link set dev eth0 up',
    'link set dev eth1 up',
    'link set dev bond0 up',
    'link set dev bond0.5 up',
    'address replace 192.0.2.10/24 broadcast + dev bond0.5',
    'route replace 0.0.0.0/0 via 192.0.2.1 dev bond0.5 proto static',
  ])
})

test('network_data.json is checked like a config.yaml, and damage is one problem', () => {
  const data = {
    links: [{id: 'a', type: 'phy', ethernet_mac_address: 'fa:16:3e:ed:9a:59', mtu: 3}],
    networks: [{link: 'a', type: 'ipv4_dhcp'}],
  }
  const {config, problems} = read({'network_data.json': JSON.stringify(data)})

  expect(config.network?.ethernets?.['a']).toMatchObject({match: {macaddress: 'fa:16:3e:ed:9a:59'}, dhcp4: true})
  expect(problems).toEqual(['- network.ethernets.a.mtu must be a whole number from 68 to 65536'])
  expect(read({'network_data.json': '{'}).problems).toHaveLength(1)
})
