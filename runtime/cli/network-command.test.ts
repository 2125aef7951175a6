import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../host/memory.ts'
import {runCommand} from './command-line.ts'

const link = (name: string, ...addresses: readonly [local: string, prefixlen: number][]) => ({
  ifname: name,
  flags: ['UP', 'LOWER_UP'],
  mtu: 1500,
  address: `52:54:00:00:00:0${name.at(-1)}`,
  addr_info: addresses.map(([local, prefixlen]) => ({local, prefixlen, scope: 'global'})),
})

const links = [
  link('eth0', ['192.0.2.10', 24], ['192.0.2.99', 24]),
  link('eth1', ['198.51.100.10', 24]),
  link('eth2'),
  link('eth3'),
]

/** A node with these files, and what its program prints. */
function node(files: Readonly<Record<string, string>>) {
  const programs: string[] = []
  const host: MemoryHost = new MemoryHost({
    sha256: () => '',
    run(argv) {
      programs.push(argv.join(' '))
      if (argv[3] === 'blkid') return {status: 0, stdout: '/dev/sr0: LABEL="cidata" TYPE="iso9660"\n'}
      if (argv[0] === 'mount') {
        host.put('/run/config/medium/user-data', {content: 'hostname: disc'})
        host.put('/run/config/medium/network-config', {content: 'version: 2\nethernets: {eth2: {}}\n'})
      }
      return {status: 0, stdout: argv[0] === 'ip' && argv.includes('address') ? JSON.stringify(links) : ''}
    },
  })
  for (const [path, content] of Object.entries(files)) host.put(path, {content})
  const printed: string[] = []
  const run = (...argv: string[]) => {
    printed.length = 0
    programs.length = 0
    const status = runCommand(argv, {
      host,
      identity: deriveIdentity('haos'),
      version: '1.0',
      print: (line) => printed.push(line),
      printError: () => undefined,
    })
    return {status, printed: [...printed], programs: [...programs]}
  }
  run('config', '--boot')
  return {host, run}
}

const shown = (files: Readonly<Record<string, string>>) => node(files).run('network').printed

test('each link is shown with the sources that describe it', () => {
  const config = `network:
  ethernets:
    eth0: {addresses: [192.0.2.10/24]}
    eth1: {mtu: 1500}
`
  const printed = shown({
    '/haos/system/config.yaml': config,
    '/proc/cmdline': 'quiet ip=198.51.100.10:::24::eth1:none bond=bond0:eth3',
    '/run/config/network-config': 'version: 2\nethernets: {eth2: {}}\n',
    '/run/config/origins.json': '{"network-config": "nocloud"}',
  })
  expect(printed.slice(0, 6)).toEqual([
    'eth0: card, up, by /haos/system/config.yaml, mtu 1500',
    '  192.0.2.10/24 from /haos/system/config.yaml',
    '  192.0.2.99/24 from another program',
    'eth1: card, up, by /haos/system/config.yaml and kernel command line, mtu 1500',
    '  198.51.100.10/24 from /haos/system/config.yaml and kernel command line',
    'eth2: card, up, by network-config of nocloud, mtu 1500',
  ])
  expect(printed.find((line) => line.startsWith('bond0:'))).toBe('bond0: bond, missing, by kernel command line')
})

test('links of a document without sections are shown with its source', () => {
  const data = {links: [{id: 'eth2', type: 'phy', ethernet_mac_address: '52:54:00:00:00:02'}], networks: []}
  expect(
    shown({
      '/run/config/network-config': 'version: 1\nconfig:\n- {type: physical, name: eth3}\n',
      '/run/config/origins.json': '{"network-config": "vmware"}',
    }).find((line) => line.startsWith('eth3')),
  ).toBe('eth3: card, up, by network-config of vmware, mtu 1500')
  expect(shown({'/run/config/network_data.json': JSON.stringify(data)}).join('\n')).toContain(
    'by network_data.json, mtu 1500',
  )
})

test('a disc whose driver is loaded after the phase boot describes the links before anything needs them', () => {
  const files = {'/haos/system/config.yaml': 'haos: {data_sources: [auto]}', '/sys/class/block/vda/size': '4096\n'}
  const disc = node(files)
  expect(disc.host.lstat('/etc/runlevels/default/links')).toBeDefined()
  disc.host.put('/sys/class/block/sr0/size', {content: '720\n'})
  expect(disc.run('network', '--apply')).toMatchObject({status: 0})
  expect(disc.run('network').printed).toContain('eth2: card, up, by network-config of nocloud, mtu 1500')
})

test('without another device than in the phase boot, nothing is looked for again', () => {
  const files = {'/haos/system/config.yaml': 'haos: {data_sources: [aws]}', '/sys/class/block/vda/size': '4096\n'}
  const {host, run} = node(files)
  expect(run('network', '--apply')).toEqual({status: 0, printed: [], programs: []})
  host.put('/sys/class/block/sr0/size', {content: '720\n'})
  expect(run('network', '--apply').programs).toEqual([])
})
