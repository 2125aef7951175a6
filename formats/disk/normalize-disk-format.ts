import {open} from 'node:fs/promises'
import {digestOfDisk} from '#engine'
import type {DiskFileFormat} from '#tools'

/** Formats that a raw disk can be written as. */
export type ConvertedFormat = Exclude<DiskFileFormat, 'raw'>

/** Replaces timestamps and random ids in a disk that qemu-img has written. `disk` is the raw disk that it was made from. */
export async function normalizeDiskFormat(
  written: string,
  {disk, format, epoch}: {readonly disk: string; readonly format: ConvertedFormat; readonly epoch: number},
): Promise<void> {
  if (format === 'vhd') await fixVhd(written, await digestOfDisk(disk), epoch)
  if (format === 'vmdk') await fixVmdk(written, await digestOfDisk(disk))
}

const footerBytes = 512
/** Epoch of times in a VHD, in seconds since 1970 (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"). */
const vhdEpoch = 946_684_800

/** Replaces the current time and the random id by values derived from the content, and updates the footer's checksum. */
async function fixVhd(path: string, id: string, epoch: number): Promise<void> {
  await using file = await open(path, 'r+')
  const {size} = await file.stat()
  const footer = Buffer.alloc(footerBytes)
  await file.read(footer, 0, footerBytes, size - footerBytes)
  footer.writeUInt32BE(Math.max(epoch - vhdEpoch, 0), 24)
  Buffer.from(id.slice(0, 32), 'hex').copy(footer, 68)
  footer.writeUInt32BE(0, 64)
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64)
  await file.write(footer, 0, footerBytes, size - footerBytes)
}

/**
 * Does the same with the content identifier in the descriptor of a VMDK (Virtual Disk Format 5.0, "The Descriptor File").
 *
 * qemu-img writes that number without leading zeros, so the text may become longer; zeros follow it.
 */
export async function fixVmdk(path: string, id: string): Promise<void> {
  await using file = await open(path, 'r+')
  const head = Buffer.alloc(1 << 16)
  const {bytesRead} = await file.read(head, 0, head.length, 0)
  const start = head.indexOf('# Disk DescriptorFile')
  const end = head.indexOf(0, start)
  const text = head.toString('latin1', start, end)
  const identifier = /\nCID=[0-9a-f]+\n/
  const fixed = text.replace(identifier, `\nCID=${id.slice(0, 8)}\n`)
  if (start < 0 || end < 0 || end > bytesRead || !identifier.test(text))
    throw new Error('qemu-img has written a VMDK without a content identifier')
  const written = Buffer.alloc(Math.max(text.length, fixed.length))
  written.write(fixed, 'latin1')
  if (head.subarray(end, start + written.length).some((byte) => byte !== 0))
    throw new Error('there is no space in the descriptor of the VMDK')
  await file.write(written, 0, written.length, start)
}
