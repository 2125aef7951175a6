import {expect, test} from 'vitest'
import {MemoryHost} from '../host/memory.ts'
import {applyNetwork} from './apply-network.ts'

/** A node with one card and these files, and the services that it starts. */
function node(...files: readonly string[]) {
  const services: string[] = []
  const host = new MemoryHost({
    sha256: () => '',
    run(argv) {
      if (argv[0] === 'rc-service') services.push(argv.slice(1).join(' '))
      const links = [{ifname: 'eth0', flags: ['UP', 'LOWER_UP'], mtu: 1500}]
      return {status: 0, stdout: argv.includes('address') ? JSON.stringify(links) : ''}
    },
  })
  for (const path of files) host.put(path, {content: ''})
  return {host, services}
}

const config = {ethernets: {eth0: {dhcp4: true}}}

test('a link that asks DHCP is taken from connman, and gets a dhcpcd of its own', () => {
  const {host, services} = node('/run/connman/resolv.conf', '/usr/sbin/dhcpcd')
  expect(applyNetwork(host, config).problems).toEqual([])
  expect(host.read('/run/node-network/links')).toBe('eth0\n')
  expect(host.read('/run/node-network/awaited')).toBe('eth0 4\n')
  expect(services).toContain('--nodeps link-dhcp restart')
})

test('where dhcpcd is the service of all cards, it keeps them, and no second one is started', () => {
  const {host, services} = node('/sbin/dhcpcd', '/etc/runlevels/default/dhcpcd')
  expect(applyNetwork(host, config).problems).toMatchObject([{path: 'network', hint: expect.stringContaining('full')}])
  expect(host.read('/run/node-network/links')).toBe('')
  expect(services).toEqual([])
})
