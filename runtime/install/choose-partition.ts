import {NoDisk} from './choose-disk.ts'
import type {Disk, FoundPartition} from './disks.ts'

/** A partition that somebody has prepared, and the disk that it is on. */
export interface PreparedPartition {
  readonly disk: Disk
  readonly state: FoundPartition
  /** Where a loader for UEFI may be put. */
  readonly efi: FoundPartition | undefined
  /** Where GRUB's core image may be put, for BIOS. */
  readonly core: {readonly startBytes: number; readonly maxBytes: number} | undefined
}

const efiTypes = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0xef']
const biosType = '21686148-6449-6e6f-744e-656564454649'

/**
 * Finds the partition that a system is to be put onto without formatting: the one named, or the one with the label. Pure.
 *
 * Throws NoDisk where it is none or more than one, or no ext4.
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
      `no_format: ${asked} is there ${found.length} times: ${found.map(({state}) => state.path).join(', ')}`,
    )
  const {disk, state} = chosen
  if (state.fileSystem !== 'ext4')
    throw new NoDisk(`no_format: ${state.path} holds ${state.fileSystem ?? 'no file system'}, and must hold ext4`)
  return {
    disk,
    state,
    efi: disk.partitions.find(
      ({type = '', fileSystem}) => efiTypes.includes(type.toLowerCase()) && fileSystem === 'vfat',
    ),
    core: placeOfCore(disk),
  }
}

/** A partition made for it, or on an MBR disk the gap before the first partition (GRUB manual, "BIOS installation"). */
function placeOfCore({table, partitions}: Disk): PreparedPartition['core'] {
  if (table === 'dos') {
    const first = Math.min(...partitions.map(({startBytes}) => startBytes))
    return first >= 1024 * 1024 ? {startBytes: 512, maxBytes: first - 512} : undefined
  }
  const made = partitions.find(({type = ''}) => type.toLowerCase() === biosType)
  return made && {startBytes: made.startBytes, maxBytes: made.sizeBytes}
}
