const SECTOR = 512

/**
 * Offset in a master boot record at which the code ends and the disk's own data begins (signature, partition table).
 */
const CODE_END = 0x1b8

/** Where GRUB's boot.S has the number of the core image's first sector. */
const CORE_SECTOR = 0x5c

/**
 * Boot code that only passes the boot on: to the next disk with boot code, or to the firmware's next device.
 *
 * It is on a disk while the system is written, so that after a power cut the firmware skips the disk. A BIOS may try
 * only one disk, as SeaBIOS does, and counts a USB stick as a disk, so int 18h alone is not enough.
 */
export function withoutBootCode(sector: Uint8Array): Uint8Array {
  const written = new Uint8Array(sector)
  written.fill(0, 0, CODE_END)
  written.set(passOn)
  // Without this signature, the firmware does not run the code.
  written.set([0x55, 0xaa], 510)
  return written
}

/** 16-bit code for 0:7c00, with the number of the disk in dl (BIOS Boot Specification 1.01, int 13h and int 18h). */
const passOn = [
  ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // cli; ax, ds, es, ss = 0
  ...[0xbc, 0x00, 0x7c, 0xfb, 0xfc], // sp = 7c00; sti; cld
  ...[0x89, 0xe6, 0xbf, 0x00, 0x06, 0xb9, 0x00, 0x01, 0xf3, 0xa5], // copies itself to 0600
  ...[0xea, 0x1d, 0x06, 0x00, 0x00], // jmp 0:061d, which is the next line
  ...[0x80, 0xfa, 0x80, 0x73, 0x02, 0xb2, 0x80], // dl = 80h, unless the firmware passes the number of this disk
  ...[0xfe, 0xc2, 0x80, 0xfa, 0x90, 0x73, 0x23], // next: dl += 1; from 90h on: give up
  ...[0xb8, 0x01, 0x02, 0xbb, 0x00, 0x7c, 0xb9, 0x01, 0x00, 0xb6, 0x00, 0xcd, 0x13], // reads its first sector to 7c00
  ...[0x72, 0xea], // jc next
  ...[0x81, 0x3e, 0xfe, 0x7d, 0x55, 0xaa, 0x75, 0xe2], // without 55 aa: next
  ...[0x83, 0x3e, 0x00, 0x7c, 0x00, 0x74, 0xdb], // without code: next
  ...[0xea, 0x00, 0x7c, 0x00, 0x00], // jmp 0:7c00
  ...[0xcd, 0x18, 0xf4, 0xeb, 0xfd], // give up: int 18h; hlt forever
] as const

/**
 * GRUB's first sector for a disk: its boot.img, which loads the core image from a sector whose number is written into
 * it.
 *
 * The disk's bytes from 0x1b8 on stay. Offsets as in GRUB's boot.S: 0x5c the core's sector, 0x64 "the drive that the
 * BIOS booted", 0x66 two bytes of a jump that only floppies need.
 */
export function withGrubBootCode(sector: Uint8Array, bootImage: Uint8Array, coreStartBytes: number): Uint8Array {
  const written = new Uint8Array(sector)
  written.set(bootImage.subarray(0, CODE_END))
  const view = new DataView(written.buffer)
  view.setBigUint64(CORE_SECTOR, BigInt(coreStartBytes / SECTOR), true)
  written.set([0xff], 0x64)
  written.set([0x90, 0x90], 0x66)
  return written
}

/**
 * Offset of a new core image, in bytes: in the half of its space without the image that the first sector loads, so that
 * a power cut during the write leaves a bootable disk. If half of the space is too small, at its start.
 */
function placeOfNewCore(
  sector: Uint8Array,
  {startBytes, maxBytes}: {readonly startBytes: number; readonly maxBytes: number},
  coreBytes: number,
): number {
  const half = Math.floor((startBytes + maxBytes / 2) / 4096) * 4096
  if (coreBytes > Math.min(half - startBytes, startBytes + maxBytes - half)) return startBytes
  const present = placeOfPresentCore(sector)
  return present >= startBytes && present < half ? half : startBytes
}

/** Offset of the core image that the first sector loads, in bytes. */
const placeOfPresentCore = (sector: Uint8Array): number =>
  Number(new DataView(sector.buffer, sector.byteOffset).getBigUint64(CORE_SECTOR, true)) * SECTOR

/** Size of a core image on a disk: in whole sectors, and one more that says whose it is. */
const coreBytesOf = (imageBytes: number): number => (Math.ceil(imageBytes / SECTOR) + 1) * SECTOR

/**
 * GRUB's core image of a product for an offset on a disk, in whole sectors.
 *
 * Its first sector ends with the list of the following blocks (GRUB's diskboot.S): first sector, number of sectors, and
 * the segment to load them to. The last sector names the product: an upgrade replaces no other loader.
 */
function placedCore(core: Uint8Array, startBytes: number, product: string): Uint8Array {
  const written = new Uint8Array(coreBytesOf(core.length))
  written.set(core)
  written.set(markOf(product), written.length - SECTOR)
  const view = new DataView(written.buffer)
  view.setBigUint64(SECTOR - 12, BigInt(startBytes / SECTOR + 1), true)
  view.setUint16(SECTOR - 4, written.length / SECTOR - 1, true)
  view.setUint16(SECTOR - 2, 0x820, true)
  return written
}

/** The core image at the beginning of some sectors, if it is one of the product. */
function ownCoreIn(sectors: Uint8Array, product: string): Uint8Array | undefined {
  if (sectors.length < SECTOR) return undefined
  const following = new DataView(sectors.buffer, sectors.byteOffset).getUint16(SECTOR - 4, true)
  const core = sectors.subarray(0, (following + 1) * SECTOR)
  const last = core.subarray(following * SECTOR)
  return last.length === SECTOR && markOf(product).every((byte, index) => last[index] === byte) ? core : undefined
}

const markOf = (product: string): Uint8Array =>
  Uint8Array.from(`boot loader of ${product}\n`, (character) => character.charCodeAt(0))

/** GRUB's core image on a disk. */
export const grubCore = {
  bytesOf: coreBytesOf,
  ownIn: ownCoreIn,
  placedAt: placedCore,
  placeOfNew: placeOfNewCore,
  placeOfPresent: placeOfPresentCore,
}
