import {expect, test} from 'vitest'
import {networkFromOpenstack} from './from-openstack.ts'

test('links, addresses, routes and name servers of OpenStack become those of version 2', () => {
  const json = JSON.stringify({
    links: [
      {id: 'interface0', type: 'phy', ethernet_mac_address: 'a0:36:9f:2c:e8:80', mtu: 9000},
      {id: 'interface1', type: 'phy', ethernet_mac_address: 'a0:36:9f:2c:e8:81', mtu: null},
      {
        id: 'bond0',
        type: 'bond',
        bond_links: ['interface0', 'interface1'],
        bond_mode: '802.3ad',
        bond_miimon: 100,
        ethernet_mac_address: 'a0:36:9f:2c:e8:80',
      },
      {
        id: 'vlan2-of-a-very-long-name',
        type: 'vlan',
        vlan_link: 'bond0',
        vlan_id: 602,
        vlan_mac_address: 'fa:16:3e:69:b0:58',
      },
      {id: 'tap1a81968a-79', type: 'ovs', ethernet_mac_address: 'fa:16:3e:ed:9a:59', mtu: 1450},
    ],
    networks: [
      {
        id: 'n0',
        link: 'vlan2-of-a-very-long-name',
        type: 'ipv4',
        ip_address: '10.184.0.244',
        netmask: '255.255.240.0',
        routes: [
          {network: '10.0.0.0', netmask: '255.0.0.0', gateway: '10.184.0.1'},
          {network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.184.0.2'},
        ],
      },
      {id: 'n1', link: 'tap1a81968a-79', type: 'ipv6', ip_address: '2001:cdba::3257:9652/24', gateway: 'fd00::1'},
      {id: 'n2', link: 'tap1a81968a-79', type: 'ipv4_dhcp'},
    ],
    services: [{type: 'dns', address: '8.8.8.8'}],
  })

  expect(JSON.parse(JSON.stringify(networkFromOpenstack(json)))).toMatchObject({
    ethernets: {
      interface0: {match: {macaddress: 'a0:36:9f:2c:e8:80'}, mtu: '9000', dhcp4: false},
      'tap1a81968a-79': {
        match: {macaddress: 'fa:16:3e:ed:9a:59'},
        dhcp4: true,
        addresses: ['2001:cdba::3257:9652/24'],
        routes: [{to: 'default', via: 'fd00::1'}],
      },
    },
    bonds: {
      bond0: {interfaces: ['interface0', 'interface1'], parameters: {mode: '802.3ad', 'mii-monitor-interval': '100'}},
    },
    vlans: {
      link3: {
        id: '602',
        link: 'bond0',
        addresses: ['10.184.0.244/20'],
        nameservers: {addresses: ['8.8.8.8']},
        routes: [
          {to: '10.0.0.0/8', via: '10.184.0.1'},
          {to: '0.0.0.0/0', via: '10.184.0.2'},
        ],
      },
    },
  })
})

test('another document is refused without repeating it', () => {
  expect(() => networkFromOpenstack('{"links": 3}')).toThrow('does not have the form of network_data.json')
})
