import {expect, test} from 'vitest'
import {deriveIdentity, type NodeConfig} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'

const wanted: NodeConfig['node'] = {
  dns_nameservers: ['1.1.1.1'],
  ntp_servers: ['ntp.example'],
  wifi: [{name: 'home', passphrase: 'mypassword'}],
}

/** What is reported of these keys on a node with these files. */
function problemsOf(node: NodeConfig['node'], files: readonly string[]) {
  const host = new MemoryHost({sha256: () => '', gunzip: (content) => content})
  for (const path of ['/etc/init.d/sshd', ...files]) host.put(path, {content: ''})
  const {problems} = applyPhase('boot', {node}, {host, identity: deriveIdentity('haos'), version: '1'})
  const reported = problems.map(({path, message}) => `${path} ${message}`)
  return {reported: reported.filter((text) => text.includes('connman')), host}
}

test('what connman would do is reported as impossible where it is not, each key by its own name', () => {
  const {reported, host} = problemsOf(wanted, [])

  expect(reported).toEqual(
    ['dns_nameservers', 'ntp_servers', 'wifi'].map((key) => `haos.${key} is not possible: this image has no connman`),
  )
  expect(host.list('/var/lib/connman')).toBeUndefined()
  expect(problemsOf({ntp_servers: ['ntp.example']}, []).reported).toEqual([
    'haos.ntp_servers is not possible: this image has no connman',
  ])
  expect(problemsOf({}, []).reported).toEqual([])
})

test('where connman is, nothing is reported', () => {
  expect(problemsOf(wanted, ['/etc/init.d/connman', '/etc/connman/main.conf']).reported).toEqual([])
})

test('the networks of network.wifis are joined beside a cable, those of haos.wifi only without one', () => {
  const mainConf = (config: NodeConfig) => {
    const host = new MemoryHost({sha256: () => '', gunzip: (content) => content})
    host.put('/etc/init.d/connman', {content: ''})
    host.put('/etc/connman/main.conf', {content: '[General]\nPreferredTechnologies=ethernet,wifi\n'})
    applyPhase('boot', config, {host, identity: deriveIdentity('haos'), version: '1'})
    return host.read('/etc/connman/main.conf')
  }
  const wifis = {wlan0: {'access-points': {lab: {password: 'mypassword'}}}}

  expect(mainConf({node: {}, network: {wifis}})).toBe(
    '[General]\nPreferredTechnologies=ethernet,wifi\nAlwaysConnectedTechnologies=ethernet,wifi\n',
  )
  expect(mainConf({node: {wifi: wanted.wifi}, network: {ethernets: {}}})).toBe(
    '[General]\nPreferredTechnologies=ethernet,wifi\n',
  )
})
