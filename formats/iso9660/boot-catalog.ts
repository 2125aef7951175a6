/** State of an ISO's list of boot images: absent, valid, or damaged. */
export type BootCatalogState = 'absent' | 'whole' | 'damaged'

/**
 * Checks the list of boot images that a boot record leads to ("El Torito" Bootable CD-ROM Format Specification, 2.0 and 2.1).
 *
 * `readSector` returns as many bytes of a sector as exist.
 */
export function bootCatalogState(
  bootRecord: Buffer | undefined,
  readSector: (lba: number) => Buffer,
): BootCatalogState {
  if (bootRecord === undefined || !bootRecord.toString('latin1', 7, 39).startsWith('EL TORITO SPECIFICATION'))
    return 'absent'
  const entry = readSector(bootRecord.readUInt32LE(0x47)).subarray(0, 32)
  if (entry.length < 32 || entry[0] !== 1 || entry.readUInt16LE(30) !== 0xaa55) return 'damaged'
  let sum = 0
  for (let at = 0; at < entry.length; at += 2) sum += entry.readUInt16LE(at)
  return (sum & 0xffff) === 0 ? 'whole' : 'damaged'
}
