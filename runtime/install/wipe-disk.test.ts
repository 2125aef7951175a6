import {closeSync, mkdtempSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {installHost} from '../../test/install-host.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {performInstall} from './perform-install.ts'
import {wipeDisk} from './wipe-disk.ts'

const MiB = 2 ** 20
const label = 256 * 1024

/** A file with four ZFS labels of 128 uberblocks each, which begin with 0x00bab10c. */
function makePool(sizeBytes: number): string {
  const file = join(mkdtempSync(join(scratchDirectory(), 'pool-')), 'disk')
  writeFileSync(file, '')
  truncateSync(file, sizeBytes)
  const open = openSync(file, 'r+')
  for (const at of [0, label, sizeBytes - 2 * label, sizeBytes - label])
    for (let n = 0; n < 128; n++)
      writeSync(open, Buffer.from([0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0]), 0, 8, at + label / 2 + n * 1024)
  closeSync(open)
  return file
}

const uberblocks = (file: string): number => readFileSync(file).toString('latin1').split('\x0c\xb1\xba\0').length - 1

test('no uberblock of a ZFS pool is left, neither on the disk nor on a partition', () => {
  const [path, part] = [makePool(8 * MiB), makePool(4 * MiB)]
  expect(uberblocks(path)).toBe(512)
  const partition = {path: part, number: 1, startBytes: MiB, sizeBytes: 4 * MiB}
  const partitions = [{...partition, fileSystem: 'zfs_member', label: undefined, type: undefined}]
  const steps = wipeDisk(testDisk(path, {sizeBytes: 8 * MiB, partitions}))
  performInstall(
    installHost,
    steps.filter(({kind}) => kind === 'run'),
    {log: () => {}, debug: false},
  )

  expect(uberblocks(path)).toBe(0)
  expect(uberblocks(part)).toBe(0)
})
