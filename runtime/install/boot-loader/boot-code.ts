import {grubCore, withGrubBootCode} from '#layout'
import type {Host} from '../../host/host.ts'
import {runOrThrow} from '../../host/run-or-throw.ts'

/** GRUB for BIOS, and the space for it on a disk. */
export interface BootCode {
  /** Name of the product, by which its loader is recognised. */
  readonly product: string
  readonly disk: string
  readonly bootImage: string
  readonly coreImage: string
  /** The space for the core image. */
  readonly startBytes: number
  readonly maxBytes: number
}

/** Writes GRUB for BIOS: first its core image, and the boot code last. */
export function writeBootCode(host: Host, {product, disk, bootImage, coreImage, ...room}: BootCode): void {
  const core = readFile(host, coreImage)
  const startBytes = grubCore.placeOfNew(readFirstSector(host, disk), room, grubCore.bytesOf(core.length))
  writeSectors(host, disk, grubCore.placedAt(core, startBytes, product), startBytes)
  const boot = readFile(host, bootImage)
  changeFirstSector(host, disk, (sector) => withGrubBootCode(sector, boot, startBytes))
}

/** The core image that the first sector of a disk loads, at most `maxBytes` of it; undefined if it lies outside of its space. */
export function readPresentCore(
  host: Host,
  {disk, startBytes, maxBytes}: Pick<BootCode, 'disk' | 'startBytes' | 'maxBytes'>,
): {readonly sector: Uint8Array; readonly startBytes: number; readonly bytes: Uint8Array} | undefined {
  const sector = readFirstSector(host, disk)
  const present = grubCore.placeOfPresent(sector)
  const leftBytes = startBytes + maxBytes - present
  if (present < startBytes || leftBytes <= 0) return undefined
  return {sector, startBytes: present, bytes: readSectors(host, disk, present, leftBytes)}
}

/** Changes the first sector of a disk, which the disk writes whole or not at all. */
export function changeFirstSector(host: Host, disk: string, change: (sector: Uint8Array) => Uint8Array): void {
  const sector = readFirstSector(host, disk)
  const changed = change(sector)
  if (!changed.every((byte, index) => byte === sector[index])) writeSectors(host, disk, changed, 0)
}

/** Reads at least 4096 bytes: a disk with 4 KiB sectors accepts no smaller reads or writes. */
const readFirstSector = (host: Host, disk: string): Uint8Array => readSectors(host, disk, 0, 4096)

const scratch = '/run/install-sector'

function readSectors(host: Host, disk: string, startBytes: number, sizeBytes: number): Uint8Array {
  const unit = unitOf(startBytes, sizeBytes)
  runOrThrow(host, [
    ...['dd', `if=${disk}`, `of=${scratch}`, `bs=${unit}`],
    ...(startBytes === 0 ? [] : [`skip=${startBytes / unit}`]),
    `count=${sizeBytes / unit}`,
  ])
  const bytes = readFile(host, scratch)
  host.remove(scratch)
  return bytes
}

/** `conv=fsync`: the data is on the disk when dd ends. */
function writeSectors(host: Host, disk: string, bytes: Uint8Array, startBytes: number): void {
  host.write(scratch, bytes)
  const unit = unitOf(startBytes, bytes.length)
  runOrThrow(host, [
    ...['dd', `if=${scratch}`, `of=${disk}`, `bs=${unit}`, `seek=${startBytes / unit}`, 'conv=notrunc,fsync'],
  ])
  host.remove(scratch)
}

const unitOf = (startBytes: number, sizeBytes: number): number =>
  startBytes % 4096 === 0 && sizeBytes % 4096 === 0 ? 4096 : 512

/** Reads a file. Throws if there is none. */
export function readFile(host: Host, path: string): Uint8Array {
  const bytes = host.readBytes(path)
  if (bytes === undefined) throw new Error(`${path} does not exist`)
  return bytes
}
