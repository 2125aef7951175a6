import {execFileSync, spawnSync} from 'node:child_process'
import {truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity, IdentityName} from '../dsl/identity.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {efiLabel, layOutDisk, partitionDevice, partitionOf, renderSfdiskScript} from './disk-layout.ts'

const identity = deriveIdentity('haos')
const GiB = 2 ** 30
const hasSfdisk = spawnSync('sfdisk', ['--version']).status === 0
if (!hasSfdisk && process.env['CI'] === 'true') throw new Error('sfdisk is not installed')

test.each([
  ['/dev/sda', 3, '/dev/sda3'],
  ['/dev/vda', 1, '/dev/vda1'],
  ['/dev/nvme0n1', 2, '/dev/nvme0n1p2'],
  ['/dev/mmcblk0', 3, '/dev/mmcblk0p3'],
  ['/dev/loop7', 1, '/dev/loop7p1'],
])('partition devices of %s are named as the kernel names them', (disk, number, device) => {
  expect(partitionDevice(disk, number)).toBe(device)
})

test.each([
  {table: 'gpt', sectorBytes: 512},
  {table: 'gpt', sectorBytes: 4096},
  {table: 'msdos', sectorBytes: 512},
] as const)(
  'a $table layout with sectors of $sectorBytes bytes is aligned, ends on the disk, and has no overlaps',
  (options) => {
    const {partitions} = layOutDisk({identity, sizeBytes: 8 * GiB + 12_345, ...options})
    let end = 0
    for (const {startBytes, sizeBytes} of partitions) {
      expect(startBytes % 2 ** 20).toBe(0)
      expect(sizeBytes % 2 ** 20).toBe(0)
      expect(startBytes).toBeGreaterThanOrEqual(end)
      end = startBytes + sizeBytes
    }
    expect(end).toBeLessThanOrEqual(8 * GiB)
    expect(end).toBeGreaterThan(8 * GiB - 2 * 2 ** 20)
  },
)

test('the state partition is the last one, so that it can grow', () => {
  for (const table of ['gpt', 'msdos'] as const)
    expect(layOutDisk({identity, sizeBytes: 8 * GiB, table}).partitions.at(-1)?.role).toBe('state')
})

test('a disk whose state partition would be smaller than two gigabytes is refused', () => {
  expect(() => layOutDisk({identity, sizeBytes: 2_000_000_000})).toThrow('too small')
  expect(layOutDisk({identity, sizeBytes: 2 * GiB}).partitions).toHaveLength(3)
})

test('the label of the loader fits FAT for every name of a product, and differs from that of its medium', () => {
  for (const name of ['haos', 'rke2os', 'abcdefghij', 'x']) {
    expect(IdentityName.safeParse(name).success).toBe(true)
    expect(efiLabel({name}).length).toBeLessThanOrEqual(11)
    expect(efiLabel({name})).not.toBe(deriveIdentity(name).volumeLabel)
  }
})

test.skipIf(!hasSfdisk).each(['gpt', 'msdos'] as const)(
  `sfdisk makes the partitions of the layout from the script for %s${hasSfdisk ? '' : ' (sfdisk is not installed)'}`,
  (table) => {
    const disk = join(scratchDirectory(), 'disk.img')
    writeFileSync(disk, '')
    truncateSync(disk, 4 * GiB)
    const layout = layOutDisk({identity, sizeBytes: 4 * GiB, table})
    execFileSync('sfdisk', ['--quiet', disk], {input: renderSfdiskScript(layout)})

    const dump: {partitiontable: {label: string; partitions: {start: number; size: number; type: string}[]}} =
      JSON.parse(execFileSync('sfdisk', ['--json', disk], {encoding: 'utf8'}))
    expect(dump.partitiontable.label).toBe(table === 'gpt' ? 'gpt' : 'dos')
    expect(dump.partitiontable.partitions.map(({start, size, type}) => [start * 512, size * 512, type])).toEqual(
      layout.partitions.map(({startBytes, sizeBytes, type}) => [startBytes, sizeBytes, type]),
    )
    expect(partitionOf(layout, 'state').label).toBe('HAOS_STATE')
  },
)
