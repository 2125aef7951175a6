import {expect, test} from 'vitest'
import {testDisk} from '../../test/runtime/test-disk.ts'
import {chooseDisk, usableDisks} from './choose-disk.ts'
import {choosePartition} from './choose-partition.ts'
import type {FoundPartition} from './disks.ts'

const GB = 1000 ** 3
const medium = testDisk('/dev/sdz', {usedBy: ['/run/haos/medium'], sizeBytes: GB})
const small = testDisk('/dev/sda', {sizeBytes: 20 * GB, serial: 'S4EW', model: 'Samsung SSD 870'})
const large = testDisk('/dev/nvme0n1', {sizeBytes: 500 * GB, serial: 'NV1'})

test('the only disk is chosen, and the boot medium does not count', () => {
  expect(chooseDisk([medium, small], undefined)).toBe(small)
})

test('two disks without a selector are refused, with both in the message', () => {
  expect(() => chooseDisk([small, large, medium], undefined)).toThrow(/2 disks match\n.*\/dev\/sda.*\n.*nvme0n1/)
})

test.each([
  ['smallest', small],
  ['largest', large],
  ['serial=NV1', large],
  ['serial=s4ew', small],
  ['model=samsung_ssd_870', small],
  ['size>=100G', large],
  ['size>=100GiB', large],
  ['/dev/sda', small],
])('"%s" selects its disk', (selector, disk) => {
  expect(chooseDisk([medium, small, large], selector)).toBe(disk)
})

test.each(['serial=other', 'model=other', 'size>=1T', '/dev/sdq', 'size>=many', 'anything'])(
  '"%s", which no disk matches, is refused',
  (selector) => {
    expect(() => chooseDisk([medium, small, large], selector)).toThrow()
  },
)

test.each(['size>=1G', 'smallest', 'largest'])('"%s" is refused if two disks match', (selector) => {
  const twin = testDisk('/dev/sdb', {sizeBytes: small.sizeBytes})
  expect(() => chooseDisk([small, twin], selector)).toThrow('2 disks match')
})

test('a symlink below /dev/disk is followed', () => {
  expect(chooseDisk([small, large], '/dev/disk/by-id/x', () => ['/dev/sda'])).toBe(small)
})

test('a symlink below /dev/disk that several disks claim is refused with those disks', () => {
  const choose = () => chooseDisk([small, large], '/dev/disk/by-id/x', () => [small.path, large.path])
  expect(choose).toThrow(`2 disks match\n  ${small.path} `)
})

test('a disk that is in use or read-only is refused by name, and never offered', () => {
  const locked = testDisk('/dev/sdl', {readOnly: true})
  expect(() => chooseDisk([medium, small], '/dev/sdz')).toThrow('in use: /run/haos/medium')
  expect(() => chooseDisk([testDisk('/dev/sdb', {usedBy: ['lvm /dev/mapper/a']})], undefined)).toThrow('no such disk')
  expect(() => chooseDisk([locked], '/dev/sdl')).toThrow('cannot be written')
  expect(usableDisks([medium, locked, small])).toEqual([small])
})

test('a loop device is chosen only by name', () => {
  const loop = testDisk('/dev/loop0', {virtual: true})
  expect(chooseDisk([loop, small], '/dev/loop0')).toBe(loop)
  expect(chooseDisk([loop, small], 'largest')).toBe(small)
})

const partition = (path: string, more: Partial<FoundPartition> = {}): FoundPartition => ({
  path,
  number: 1,
  startBytes: 2 ** 20,
  sizeBytes: 10 * GB,
  fileSystem: 'ext4',
  label: undefined,
  type: undefined,
  ...more,
})

test('a partition is refused as a disk, and the message names its disk', () => {
  const disk = testDisk('/dev/sda', {partitions: [partition('/dev/sda1')]})
  expect(() => chooseDisk([disk], '/dev/sda1')).toThrow('name the whole disk /dev/sda')
})

const label = 'HAOS_STATE'

test('without formatting, the partition is the labelled one or the named one', () => {
  const disk = testDisk('/dev/sda', {partitions: [partition('/dev/sda1'), partition('/dev/sda2', {label})]})
  expect(choosePartition([disk], {device: undefined, label}).state.path).toBe('/dev/sda2')
  expect(choosePartition([disk], {device: '/dev/sda1', label}).state.path).toBe('/dev/sda1')
})

test('without formatting, two labelled partitions, none, or one without ext4 are refused', () => {
  const one = testDisk('/dev/sda', {partitions: [partition('/dev/sda1', {label})]})
  const other = testDisk('/dev/sdb', {partitions: [partition('/dev/sdb1', {label})]})
  const xfs = testDisk('/dev/sdc', {partitions: [partition('/dev/sdc1', {label, fileSystem: 'xfs'})]})
  expect(() => choosePartition([one, other], {device: undefined, label})).toThrow('2 times: /dev/sda1, /dev/sdb1')
  expect(() => choosePartition([], {device: undefined, label})).toThrow('there is no partition labelled')
  expect(() => choosePartition([xfs], {device: undefined, label})).toThrow('contains xfs, but ext4 is required')
})

test('the BIOS loader is written to the BIOS boot partition, or to the gap of an MBR disk if there is one', () => {
  const state = partition('/dev/sda2', {label})
  const made = partition('/dev/sda1', {
    type: '21686148-6449-6e6f-744e-656564454649',
    startBytes: 2 ** 20,
    sizeBytes: 2 ** 20,
  })
  const core = (disk: Parameters<typeof testDisk>[1]) =>
    choosePartition([testDisk('/dev/sda', disk)], {device: undefined, label}).core
  expect(core({table: 'gpt', partitions: [made, state]})).toEqual({startBytes: 2 ** 20, maxBytes: 2 ** 20})
  expect(core({table: 'gpt', partitions: [state]})).toBeUndefined()
  expect(core({table: 'dos', partitions: [state]})).toEqual({startBytes: 512, maxBytes: 2 ** 20 - 512})
  expect(core({table: 'dos', partitions: [{...state, startBytes: 63 * 512}]})).toBeUndefined()
})
