import type {Identity} from '#dsl'
import {HaosError} from '#dsl'

/** Partition table of a disk: GPT, or the older MBR scheme for firmware that requires it. */
export type PartitionTable = 'gpt' | 'msdos'

/** One partition of a system disk. */
export interface DiskPartition {
  /** From 1, as in the name of its device. */
  readonly number: number
  /** `bios` contains GRUB's core image as raw sectors, `efi` the UEFI loader, `state` everything else. */
  readonly role: 'bios' | 'efi' | 'state'
  /** Label of its file system; for `bios`, only the name of the partition. */
  readonly label: string
  /** Type as sfdisk(8) takes it: a GUID (UEFI specification 5.3.3, GRUB manual "BIOS installation") or a hexadecimal byte. */
  readonly type: string
  readonly startBytes: number
  readonly sizeBytes: number
}

/** A disk that boots under both BIOS and UEFI. */
export interface DiskLayout {
  readonly table: PartitionTable
  readonly sectorBytes: number
  readonly partitions: readonly DiskPartition[]
  /** Start of GRUB's core image: in the partition `bios`, or in the gap before the first one. */
  readonly coreStartBytes: number
  /** Maximum size of the core image. */
  readonly coreMaxBytes: number
}

const MiB = 2 ** 20

/** Size of the loader's partition: one file of half a megabyte, and space for vendors' firmware updates. */
const efiBytes = 64 * MiB

/** Minimum size of an installed system's file system, as documented. */
export const defaultMinStateBytes = 2_000_000_000

export interface DiskLayoutOptions {
  readonly identity: Pick<Identity, 'name' | 'stateLabel'>
  /** Size of the whole disk. */
  readonly sizeBytes: number
  /** Name of the disk in errors, such as `/dev/sda`. Default: `the disk`. */
  readonly disk?: string
  /** Logical sector size: 512 or 4096. Default: 512. */
  readonly sectorBytes?: number
  /** Default: `gpt`. */
  readonly table?: PartitionTable
  /** Minimum size of the state partition. Default: {@link defaultMinStateBytes}. */
  readonly minStateBytes?: number
}

/**
 * Partitions a disk: one partition for BIOS, one for UEFI, and the state partition on the rest. Pure.
 *
 * Everything is aligned to 1 MiB. Fails with INPUT_INVALID when the disk is too small, or too large for its table.
 */
export function layOutDisk({
  identity,
  sizeBytes,
  disk = 'the disk',
  sectorBytes = 512,
  table = 'gpt',
  minStateBytes = defaultMinStateBytes,
}: DiskLayoutOptions): DiskLayout {
  const isGpt = table === 'gpt'
  const efiStart = isGpt ? 2 * MiB : MiB
  const stateStart = efiStart + efiBytes
  // The backup of a GPT takes the last 33 sectors; a whole MiB keeps the end aligned.
  const stateBytes = Math.floor(sizeBytes / MiB) * MiB - MiB - stateStart
  if (stateBytes < minStateBytes) {
    const wanted = Math.ceil((stateStart + minStateBytes) / MiB + 2)
    throw new HaosError(
      'INPUT_INVALID',
      `${disk} is ${Math.floor(sizeBytes / MiB)} MiB, which is too small: the system needs ${wanted} MiB`,
      {hint: `Use a disk of at least ${wanted} MiB.`},
    )
  }
  // The MBR counts sectors in 32 bits (UEFI specification 5.2.1).
  if (!isGpt && sizeBytes / sectorBytes > 2 ** 32 - 1) {
    throw new HaosError(
      'INPUT_INVALID',
      `${disk} is ${Math.floor(sizeBytes / MiB)} MiB, which is too large for an msdos partition table: that ends at ${(2 ** 32 * sectorBytes) / MiB} MiB`,
      {hint: 'Use the partition table gpt.'},
    )
  }
  const upper = identity.name.toUpperCase()
  const types = isGpt ? gptTypes : msdosTypes
  const efi = {
    role: 'efi',
    label: efiLabel(identity),
    type: types.efi,
    startBytes: efiStart,
    sizeBytes: efiBytes,
  } as const
  const state = {
    role: 'state',
    label: identity.stateLabel,
    type: types.state,
    startBytes: stateStart,
    sizeBytes: stateBytes,
  } as const
  const bios = {role: 'bios', label: `${upper}_BIOS`, type: gptTypes.bios, startBytes: MiB, sizeBytes: MiB} as const
  const partitions = isGpt ? [bios, efi, state] : [efi, state]
  return {
    table,
    sectorBytes,
    partitions: partitions.map((partition, index) => ({number: index + 1, ...partition})),
    coreStartBytes: isGpt ? MiB : 512,
    coreMaxBytes: isGpt ? MiB : MiB - 512,
  }
}

const gptTypes = {
  bios: '21686148-6449-6E6F-744E-656564454649',
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  state: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
}

const msdosTypes = {efi: 'ef', state: '83'}

/**
 * Label of the loader's partition: must differ from the medium's, by which stage 0 and GRUB find that, and have at most
 * eleven bytes, the limit of FAT.
 */
export const efiLabel = ({name}: Pick<Identity, 'name'>): string => `${name.toUpperCase().slice(0, 6)}_GRUB`

/** The partition with a role. Throws if the layout has none. */
export function partitionOf({partitions}: DiskLayout, role: DiskPartition['role']): DiskPartition {
  const found = partitions.find((partition) => partition.role === role)
  if (found === undefined) throw new Error(`the layout has no partition "${role}"`)
  return found
}

/** Identifiers of a GPT and its partitions. */
export interface PartitionIds {
  readonly disk: string
  partition(number: number): string
}

/**
 * The layout as input of sfdisk(8), sectors in the disk's own size. Without identifiers, sfdisk generates random ones.
 */
export function renderSfdiskScript({table, sectorBytes, partitions}: DiskLayout, ids?: PartitionIds): string {
  const lines = partitions.map(({number, role, label, type, startBytes, sizeBytes}) =>
    [
      `${number} : start=${startBytes / sectorBytes}`,
      `size=${sizeBytes / sectorBytes}`,
      `type=${type}`,
      ids && `uuid=${ids.partition(number)}`,
      // Some firmware does not boot a disk without an active partition.
      table === 'gpt' ? `name="${label}"` : role === 'state' ? 'bootable' : undefined,
    ]
      .filter((word) => word !== undefined)
      .join(', '),
  )
  const id = ids === undefined ? '' : `label-id: ${ids.disk}\n`
  return `label: ${table === 'gpt' ? 'gpt' : 'dos'}\n${id}unit: sectors\n\n${lines.join('\n')}\n`
}

/**
 * Device of a partition: the kernel inserts a `p` before the number if the name of the disk ends with a digit (nvme0n1,
 * mmcblk0, loop0).
 */
export const partitionDevice = (disk: string, number: number): string =>
  /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`
