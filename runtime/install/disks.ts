import * as z from 'zod/mini'
import {type Host, renderStatus} from '../host/host.ts'

/** A partition found on a disk. */
export interface FoundPartition {
  readonly path: string
  readonly number: number
  readonly startBytes: number
  readonly sizeBytes: number
  readonly fileSystem: string | undefined
  readonly label: string | undefined
  /** Type as lsblk(8) prints it: a GUID, or a number such as `0xef`. */
  readonly type: string | undefined
}

/** A disk of this machine. */
export interface Disk {
  readonly path: string
  readonly sizeBytes: number
  /** Logical sector size. */
  readonly sectorBytes: number
  readonly model: string | undefined
  readonly serial: string | undefined
  /** Name below /dev/disk/by-id that no other disk has. */
  readonly byId: string | undefined
  readonly readOnly: boolean
  readonly table: string | undefined
  /** File system on the disk itself, without partitions. */
  readonly fileSystem: string | undefined
  readonly partitions: readonly FoundPartition[]
  /** What uses it: mount points (the boot medium has one), and volumes made from it (RAID, LVM, encryption). */
  readonly usedBy: readonly string[]
  /** A loop device or the like: used only if it is named, and never offered. */
  readonly virtual: boolean
}

const text = z.nullish(z.string())
const Device = z.object({
  path: z.string(),
  pkname: text,
  type: z.string(),
  size: z.number(),
  start: z.nullish(z.number()),
  partn: z.nullish(z.number()),
  'log-sec': z.number(),
  ro: z.boolean(),
  model: text,
  serial: text,
  'id-link': text,
  pttype: text,
  parttype: text,
  fstype: text,
  label: text,
  mountpoints: z.optional(z.array(z.nullable(z.string()))),
})
const Listing = z.object({blockdevices: z.array(Device)})

const columns = Object.keys(Device.shape).join(',').toUpperCase()

/** Lists the disks and their content with lsblk(8) of util-linux 2.40 or later. Throws if that fails. */
export function readDisks(host: Host): Disk[] {
  const {status, stdout} = host.run(['lsblk', '--json', '--list', '--bytes', '--paths', '--output', columns])
  if (status !== 0) throw new Error(`the disks could not be listed: lsblk ${renderStatus(status)}`)
  const {blockdevices: found} = Listing.parse(JSON.parse(stdout))
  const below = (path: string): z.output<typeof Device>[] =>
    found.filter(({pkname}) => pkname === path).flatMap((child) => [child, ...below(child.path)])
  return found
    .filter(({type, path, size}) => ['disk', 'loop'].includes(type) && size > 0 && !/\/(?:zram|ram|fd)\d+$/.test(path))
    .map(
      (disk): Disk => ({
        path: disk.path,
        sizeBytes: disk.size,
        sectorBytes: disk['log-sec'],
        model: clean(disk.model),
        serial: clean(disk.serial),
        byId: disk['id-link'] ? `/dev/disk/by-id/${disk['id-link']}` : undefined,
        readOnly: disk.ro,
        table: clean(disk.pttype),
        fileSystem: clean(disk.fstype),
        partitions: found
          .filter(({pkname, type}) => pkname === disk.path && type === 'part')
          .map((part, index) => ({
            path: part.path,
            number: part.partn ?? index + 1,
            // The kernel counts in units of 512 bytes, whatever the sector size of the disk is
            // (Documentation/block/stat.rst).
            startBytes: (part.start ?? 0) * 512,
            sizeBytes: part.size,
            fileSystem: clean(part.fstype),
            label: clean(part.label),
            type: clean(part.parttype),
          })),
        usedBy: [disk, ...below(disk.path)].flatMap(({path, type, mountpoints = []}) => [
          ...mountpoints.filter((at) => at !== null),
          ...(['disk', 'loop', 'part'].includes(type) ? [] : [`${type} ${path}`]),
        ]),
        virtual: disk.type === 'loop',
      }),
    )
}

/**
 * Waits until udev has processed the disks: it alone provides serial numbers and the symlinks below /dev/disk.
 *
 * On a node that has just booted, the services may not have triggered udev yet, so this does. A system without OpenRC
 * is not a node.
 */
export function awaitNames(host: Host): void {
  const isThere = (path: string) => host.lstat(path) !== undefined
  if (isThere('/run/openrc') && isThere('/bin/udevadm')) {
    for (let turn = 0; turn < 100 && !isThere('/run/udev/control'); turn++) host.sleep(100)
    host.run(['udevadm', 'trigger', '--action=change', '--subsystem-match=block'], {output: 'discard'})
  }
  host.run(['udevadm', 'settle', '--timeout=30'], {output: 'discard'})
}

const clean = (value: string | null | undefined): string | undefined => value?.trim() || undefined

/** A size in decimal units, as on the label of a disk, with three significant digits. */
export function renderSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1)
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`
}

/** The content of a disk, in a few words. */
export function renderContent({partitions, fileSystem}: Disk): string {
  if (partitions.length === 0) return fileSystem ?? 'empty'
  return partitions.map(({fileSystem: type, label}) => [type ?? 'unknown', label].filter(Boolean).join(' ')).join(', ')
}

/** A disk in one line: device, size, model, serial number, by-id name, and what is on it. */
export const renderDisk = (disk: Disk): string =>
  [
    disk.path,
    renderSize(disk.sizeBytes),
    disk.model,
    disk.serial && `serial ${disk.serial}`,
    disk.byId?.replace('/dev/disk/', ''),
    renderContent(disk),
  ]
    .filter(Boolean)
    .join(' · ')
