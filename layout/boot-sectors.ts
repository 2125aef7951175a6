const SECTOR = 512

/** Where code ends and the disk's own data (signature, partition table) begins in a master boot record. */
const CODE_END = 0x1b8

/**
 * Boot code that only passes the boot on: to the next disk with boot code, or to the firmware's next device.
 *
 * It is on a disk while the system is written to it: a power cut then leaves a disk that the firmware skips. A BIOS may
 * try one disk only, as SeaBIOS does, and a stick is a disk for it, so that int 18h alone would not do.
 */
export function withoutBootCode(sector: Uint8Array): Uint8Array {
  const written = sector.slice()
  written.fill(0, 0, CODE_END)
  written.set(handOn)
  // Without it the firmware does not start the code.
  written.set([0x55, 0xaa], 510)
  return written
}

/** 16-bit code for 0:7c00, with the number of the disk in dl (BIOS Boot Specification 1.01, int 13h and int 18h). */
const handOn = [
  ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // cli; ax, ds, es, ss = 0
  ...[0xbc, 0x00, 0x7c, 0xfb, 0xfc], // sp = 7c00; sti; cld
  ...[0x89, 0xe6, 0xbf, 0x00, 0x06, 0xb9, 0x00, 0x01, 0xf3, 0xa5], // copies itself to 0600
  ...[0xea, 0x1d, 0x06, 0x00, 0x00], // jmp 0:061d, which is the next line
  ...[0x80, 0xfa, 0x80, 0x73, 0x02, 0xb2, 0x80], // dl = 80h, unless the firmware says which disk this is
  ...[0xfe, 0xc2, 0x80, 0xfa, 0x90, 0x73, 0x23], // next: dl += 1; from 90h on: give up
  ...[0xb8, 0x01, 0x02, 0xbb, 0x00, 0x7c, 0xb9, 0x01, 0x00, 0xb6, 0x00, 0xcd, 0x13], // reads its first sector to 7c00
  ...[0x72, 0xea], // jc next
  ...[0x81, 0x3e, 0xfe, 0x7d, 0x55, 0xaa, 0x75, 0xe2], // without 55 aa: next
  ...[0x83, 0x3e, 0x00, 0x7c, 0x00, 0x74, 0xdb], // without code: next
  ...[0xea, 0x00, 0x7c, 0x00, 0x00], // jmp 0:7c00
  ...[0xcd, 0x18, 0xf4, 0xeb, 0xfd], // give up: int 18h; hlt for ever
] as const

/**
 * GRUB's first sector for a disk: its boot.img, which loads the core image from a place that is written into it.
 *
 * What the disk has from 0x1b8 on stays. Places are those of GRUB's boot.S: 0x5c the core's sector, 0x64 "the drive that
 * the BIOS booted", 0x66 two bytes of a jump that is for floppies only.
 */
export function withGrubBootCode(sector: Uint8Array, bootImage: Uint8Array, coreStartBytes: number): Uint8Array {
  const written = sector.slice()
  written.set(bootImage.subarray(0, CODE_END))
  const view = new DataView(written.buffer)
  view.setBigUint64(0x5c, BigInt(coreStartBytes / SECTOR), true)
  written.set([0xff], 0x64)
  written.set([0x90, 0x90], 0x66)
  return written
}

/**
 * GRUB's core image for a place on a disk, in whole sectors.
 *
 * Its first sector ends in the list of the blocks that follow it (GRUB's diskboot.S): where, how many, and the segment that
 * they are loaded to.
 */
export function placedCore(core: Uint8Array, startBytes: number): Uint8Array {
  const sectors = Math.ceil(core.length / SECTOR)
  const written = new Uint8Array(sectors * SECTOR)
  written.set(core)
  const view = new DataView(written.buffer)
  view.setBigUint64(SECTOR - 12, BigInt(startBytes / SECTOR + 1), true)
  view.setUint16(SECTOR - 4, sectors - 1, true)
  view.setUint16(SECTOR - 2, 0x820, true)
  return written
}
