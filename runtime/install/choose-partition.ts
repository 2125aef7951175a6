import {NoDisk} from './choose-disk.ts'
import type {Disk, FoundPartition} from './disks.ts'

/** A partition that the user has prepared, and its disk. */
export interface PreparedPartition {
  readonly disk: Disk
  readonly state: FoundPartition
  /** The EFI system partition, which receives the UEFI loader. */
  readonly efi: FoundPartition | undefined
  /** The space for GRUB's core image, for BIOS. */
  readonly core: {readonly startBytes: number; readonly maxBytes: number} | undefined
}

const efiTypes = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0xef']
const biosType = '21686148-6449-6e6f-744e-656564454649'

/**
 * Finds the partition to install to without formatting: the one named, or the one with the label. Pure.
 *
 * Throws NoDisk if none matches or several do, or if it has no ext4.
 */
export function choosePartition(
  disks: readonly Disk[],
  {device, label}: {readonly device: string | undefined; readonly label: string},
): PreparedPartition {
  const all = disks.flatMap((disk) => disk.partitions.map((state) => ({disk, state})))
  const found = all.filter(({state}) => (device === undefined ? state.label === label : state.path === device))
  const [chosen, ...more] = found
  const asked = device ?? `a partition labelled ${label}`
  if (chosen === undefined)
    throw new NoDisk(`no_format: there is no ${device === undefined ? asked.slice(2) : `partition ${device}`}`)
  if (more.length > 0)
    throw new NoDisk(
      `no_format: ${asked} exists ${found.length} times: ${found.map(({state}) => state.path).join(', ')}`,
    )
  const {disk, state} = chosen
  if (state.fileSystem !== 'ext4')
    throw new NoDisk(`no_format: ${state.path} contains ${state.fileSystem ?? 'no file system'}, but ext4 is required`)
  return {
    disk,
    state,
    efi: disk.partitions.find(
      ({type = '', fileSystem}) => efiTypes.includes(type.toLowerCase()) && fileSystem === 'vfat',
    ),
    core: placeOfCore(disk),
  }
}

/** The BIOS boot partition, or on an MBR disk the gap before the first partition (GRUB manual, "BIOS installation"). */
function placeOfCore({table, partitions}: Disk): PreparedPartition['core'] {
  if (table === 'dos') {
    const first = Math.min(...partitions.map(({startBytes}) => startBytes))
    return first >= 1024 * 1024 ? {startBytes: 512, maxBytes: first - 512} : undefined
  }
  const made = partitions.find(({type = ''}) => type.toLowerCase() === biosType)
  return made && {startBytes: made.startBytes, maxBytes: made.sizeBytes}
}
