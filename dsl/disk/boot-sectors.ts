const SECTOR = 512

/** Where code ends and the disk's own data (signature, partition table) begins in a master boot record. */
const CODE_END = 0x1b8

/**
 * Boot code that does nothing but hand the boot on to the next device (int 18h).
 *
 * It stands on a disk while the system is written to it: a power cut then leaves a disk that the firmware passes over.
 */
export function withoutBootCode(sector: Uint8Array): Uint8Array {
  const written = sector.slice()
  written.fill(0, 0, CODE_END)
  // sti; int 18h; hlt; jmp to hlt
  written.set([0xfb, 0xcd, 0x18, 0xf4, 0xeb, 0xfd])
  return written
}

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
