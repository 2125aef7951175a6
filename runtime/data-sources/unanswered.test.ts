import {expect, test} from 'vitest'
import {MemoryHost} from '../host/memory.ts'
import {probeDataSources} from './probe.ts'
import {isUnanswered} from './store.ts'

test('a cloud that could not be queried without a network counts as unanswered', () => {
  const host = new MemoryHost({
    fetch: () => ({status: 0, body: new Uint8Array(), error: 'timed out'}),
    run: () => ({status: 1, stdout: ''}),
  })
  host.put('/run', {type: 'directory', mode: 0o755})
  host.put('/proc/net/route', {content: 'Iface\tDestination\tGateway\n'})
  host.put('/proc/net/ipv6_route', {
    content: `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`,
  })
  expect(probeDataSources(host, ['cdrom', 'aws']).lost).toEqual(['aws could not be queried: there is no network'])
  expect(isUnanswered(host)).toBe(true)

  host.put('/proc/net/route', {content: 'Iface\tDestination\tGateway\neth0\t00000000\t0202000A\n'})
  expect(probeDataSources(host, ['cdrom', 'aws']).lost).toEqual([])
  expect(isUnanswered(host)).toBe(false)
})
