import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../host/memory.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {applyAndReport} from './apply-and-report.ts'

/** A machine at Vultr whose request for user data gets the given status. */
function machine(status: () => number) {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    fetch: (url) => ({
      status: url.endsWith('/v1/instanceid') ? 200 : url.endsWith('/user-data') ? status() : 404,
      body: encodeUtf8(url.endsWith('/user-data') ? 'hostname: cloudy' : 'v-1'),
    }),
  })
  host.put('/haos/system/config.yaml', {content: 'haos: {data_sources: [vultr]}'})
  host.put('/sys/class/dmi/id/sys_vendor', {content: 'Vultr\n'})
  for (const path of ['/etc/hosts', '/etc/hostname', '/run/haos/mode', '/proc/sys/kernel/hostname'])
    host.put(path, {content: '\n'})
  const errors: string[] = []
  const context = {host, identity: deriveIdentity('haos'), version: '1', print: () => {}}
  const printError = (line: string) => errors.push(line)
  const apply = () => applyAndReport('runtime', {...context, printError})
  return {host, errors, apply, context: {...context, printError}}
}

test('a cloud that does not deliver its user data is a problem whose hint helps', () => {
  let status = 503
  const {host, errors, apply} = machine(() => status)
  apply()

  expect(errors.filter((line) => line.includes('data_sources'))).toEqual([
    expect.stringMatching(
      /haos\.data_sources the user data of vultr could not be fetched \(.*`sudo haos config --runtime`/,
    ),
  ])

  errors.length = 0
  status = 200
  apply()
  expect(errors.filter((line) => line.includes('data_sources'))).toEqual([])
  expect(host.read('/etc/hostname')).toBe('cloudy\n')

  const asked = host.requests.length
  apply()
  expect(host.requests).toHaveLength(asked)
})

test('a data source that is configured but does not exist is a problem', () => {
  const {host, errors, apply} = machine(() => 404)
  host.put('/haos/system/config.yaml', {content: 'haos: {data_sources: [openstack, cdrom]}'})
  apply()

  expect(errors.filter((line) => line.includes('data_sources'))).toEqual([
    expect.stringContaining('haos.data_sources openstack, cdrom: no such data source was found'),
  ])
})

test.each([
  ['half of a list', 'hostname: [', ': the last one that could be read is used'],
  ['zeros', '\0'.repeat(40), ': the last one that could be read is used'],
])('a config.yaml that a power cut has left with %s is replaced by the last good one', (_, content, message) => {
  const {host, errors, context} = machine(() => 404)
  const path = '/haos/system/config.yaml'
  host.put('/var/lib/rancher', {type: 'directory', mode: 0o755})
  host.put(path, {content: 'hostname: reachable\n'})
  applyAndReport('boot', context)
  expect(host.lstat('/var/lib/rancher/haos/config.last-good.yaml')?.mode).toBe(0o600)

  host.put(path, {content})
  host.put('/etc/hostname', {content: '\n'})
  for (const phase of ['initrd', 'boot'] as const) applyAndReport(phase, context)
  expect(host.read('/etc/hostname')).toBe('reachable\n')
  expect(errors.join('\n')).toContain(message)
  expect(host.read('/var/lib/rancher/haos/config.last-good.yaml')).toBe('hostname: reachable\n')
})
