import type {Disk} from './disks.ts'
import {type InstallStep, run} from './install-step.ts'

const block = 4096
const MiB = 2 ** 20

/**
 * Makes a disk forget what was on it. The loader's partition goes first: from then on UEFI passes the disk over, as BIOS does already.
 *
 * The first sector stays unchanged after the first step: sfdisk keeps its code, and writes the table in one go.
 */
export function wipeDisk(disk: Disk): InstallStep[] {
  const found = disk.partitions.toSorted((a, b) => Number(b.fileSystem === 'vfat') - Number(a.fileSystem === 'vfat'))
  return [
    {kind: 'remove-boot-code', disk: disk.path},
    ...found.map(({path}) => run('wipefs', '--quiet', '--all', '--force', path)),
    run('wipefs', '--quiet', '--all', '--force', '--types', 'nodos,noPMBR', disk.path),
    ...found.flatMap(({path, sizeBytes}) => zeroEnds(path, sizeBytes, 0)),
    ...zeroEnds(disk.path, disk.sizeBytes, 1),
    // What udev looks at after a write cannot be partitioned at that moment.
    {kind: 'run', argv: ['udevadm', 'settle', '--timeout=10'], mayFail: true},
  ]
}

/**
 * Writes zeros over the first and the last MiB. wipefs(8) takes the magic of one uberblock after the other, and leaves ZFS with labels in which it
 * still finds a pool: two at the start and two at the end, of 256 KiB each (ZFS On-Disk Specification, 1.2).
 */
function zeroEnds(path: string, sizeBytes: number, firstBlock: number): InstallStep[] {
  const blocks = Math.floor(sizeBytes / block)
  const count = Math.min(MiB / block, blocks)
  const zero = (seek: number, number: number) =>
    run('dd', 'if=/dev/zero', `of=${path}`, `bs=${block}`, `seek=${seek}`, `count=${number}`, 'conv=notrunc')
  return [zero(firstBlock, count - firstBlock), zero(blocks - count, count)]
}
