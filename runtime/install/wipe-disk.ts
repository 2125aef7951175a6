import type {Disk} from './disks.ts'
import {type InstallStep, run, waitForDevice} from './install-step.ts'

const block = 4096
const MiB = 2 ** 20

/**
 * Removes every signature from a disk. The boot code and the EFI system partition come first: from then on, BIOS and
 * UEFI skip the disk.
 *
 * After the first step the first sector stays unchanged: sfdisk keeps its code, and writes the table at once.
 */
export function wipeDisk(disk: Disk): InstallStep[] {
  const found = disk.partitions.toSorted((a, b) => Number(b.fileSystem === 'vfat') - Number(a.fileSystem === 'vfat'))
  return [
    {kind: 'remove-boot-code', disk: disk.path},
    // After a write to the whole disk, udev makes the kernel read the table again: for a moment, partitions have no nodes.
    {kind: 'run', argv: ['udevadm', 'settle', '--timeout=10'], mayFail: true},
    ...found.map(({path}) => waitForDevice(path, {mayFail: true})),
    ...found.map(({path}) => run('wipefs', '--quiet', '--all', '--force', path)),
    // The kernel removes the nodes of partitions once the table is gone, and dd would create files with their names.
    ...found.flatMap(({path, sizeBytes}) => zeroEnds(path, sizeBytes, 0)),
    run('wipefs', '--quiet', '--all', '--force', '--types', 'nodos,noPMBR', disk.path),
    ...zeroEnds(disk.path, disk.sizeBytes, 1),
    // A disk cannot be partitioned while udev probes it after a write.
    {kind: 'run', argv: ['udevadm', 'settle', '--timeout=10'], mayFail: true},
  ]
}

/**
 * Writes zeros over the first and the last MiB. wipefs(8) erases only the magic of uberblocks, and leaves labels in
 * which ZFS still finds a pool: two at the start and two at the end, of 256 KiB each (ZFS On-Disk Specification, 1.2).
 */
function zeroEnds(path: string, sizeBytes: number, firstBlock: number): InstallStep[] {
  const blocks = Math.floor(sizeBytes / block)
  const count = Math.min(MiB / block, blocks)
  const zero = (seek: number, number: number) =>
    run('dd', 'if=/dev/zero', `of=${path}`, `bs=${block}`, `seek=${seek}`, `count=${number}`, 'conv=notrunc')
  return [zero(firstBlock, count - firstBlock), zero(blocks - count, count)]
}
