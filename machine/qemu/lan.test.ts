import {expect, test} from 'vitest'
import {lanArguments, makeLan, makeMac} from './lan.ts'

test('frames of a network of machines stay on this host, and each card has an address of its own', () => {
  const macs = new Set(Array.from({length: 50}, makeMac))
  const [, segment, , card] = lanArguments({group: '239.255.1.2', port: 30_000}, '52:54:00:00:00:01')

  expect(macs.size).toBe(50)
  expect([...macs].every((mac) => /^52:54:00(?::[0-9a-f]{2}){3}$/.test(mac))).toBe(true)
  expect(segment).toBe('socket,id=lan0,mcast=239.255.1.2:30000,localaddr=127.0.0.1')
  expect(card).toBe('virtio-net-pci,netdev=lan0,romfile=,mac=52:54:00:00:00:01')
})

test('two networks are not the same', () => {
  expect(makeLan()).not.toEqual(makeLan())
})
