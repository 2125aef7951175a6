import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {readConfig} from '../read-config.ts'

/** The network of a kernel command line, and the problems. */
function read(cmdline: string) {
  const files = {read: () => undefined, list: () => undefined}
  const {config, problems} = readConfig(files, {identity: deriveIdentity('haos'), cmdline})
  return {network: config.network, problems: problems.map(({path, message}) => `${path} ${message}`)}
}

test.each<[cmdline: string, network: object | undefined]>([
  ['quiet ip=dhcp console=ttyS0', undefined],
  ['ip=eth0:dhcp', {ethernets: {eth0: {dhcp4: true}}}],
  ['ip=eth0:dhcp6:1400', {ethernets: {eth0: {dhcp4: false, dhcp6: true, mtu: '1400'}}}],
  [
    'ip=192.0.2.10::192.0.2.1:255.255.255.0:node1:eth0:none:192.0.2.53:192.0.2.54',
    {
      ethernets: {
        eth0: {
          dhcp4: false,
          addresses: ['192.0.2.10/24'],
          routes: [{to: 'default', via: '192.0.2.1'}],
          nameservers: {addresses: ['192.0.2.53', '192.0.2.54']},
        },
      },
    },
  ],
  [
    'ip=[2001:db8::10]::[2001:db8::1]:64::eth0:none:9000:52:54:00:00:00:01 nameserver=[2001:db8::53]',
    {
      ethernets: {
        eth0: {
          dhcp4: false,
          addresses: ['2001:db8::10/64'],
          routes: [{to: 'default', via: '2001:db8::1'}],
          mtu: '9000',
          macaddress: '52:54:00:00:00:01',
          nameservers: {addresses: ['2001:db8::53']},
        },
      },
    },
  ],
  [
    'ip=192.0.2.10::192.0.2.1:24::bond0.5:none vlan=bond0.5:bond0 bond=bond0:eth0,eth1:mode=802.3ad,xmit_hash_policy=layer3+4:9000',
    {
      bonds: {
        bond0: {
          interfaces: ['eth0', 'eth1'],
          parameters: {mode: '802.3ad', 'transmit-hash-policy': 'layer3+4'},
          mtu: '9000',
        },
      },
      vlans: {
        'bond0.5': {
          id: '5',
          link: 'bond0',
          dhcp4: false,
          addresses: ['192.0.2.10/24'],
          routes: [{to: 'default', via: '192.0.2.1'}],
        },
      },
    },
  ],
  [
    'bridge=br0:eth0,eth1 ip=br0:dhcp ifname=lan:52:54:00:00:00:01 rd.route=10.0.0.0/8:192.0.2.2:lan',
    {
      ethernets: {
        lan: {
          match: {macaddress: '52:54:00:00:00:01'},
          'set-name': 'lan',
          routes: [{to: '10.0.0.0/8', via: '192.0.2.2'}],
        },
      },
      bridges: {br0: {interfaces: ['eth0', 'eth1'], parameters: {stp: false}, dhcp4: true}},
    },
  ],
])('%s', (cmdline, network) => {
  expect(read(cmdline)).toEqual({network, problems: []})
})

test('a parameter in another form is reported, and the others count', () => {
  const {network, problems} = read('ip=192.0.2.10 vlan=storage:eth0 ip=eth0:dhcp')

  expect(network).toEqual({ethernets: {eth0: {dhcp4: true}}})
  expect(problems).toEqual([
    'vlan is not one of the forms that dracut.cmdline(7) describes',
    'ip is not one of the forms that dracut.cmdline(7) describes',
  ])
})
