import type {FileHandle} from 'node:fs/promises'
import type {DiskFormat} from './disk-format.ts'

/** Reads bytes at an offset; returns fewer at the end of the image. */
type Read = (position: number, length: number) => Promise<Buffer>

/**
 * The kind of files that an image refers to; undefined if it is self-contained.
 *
 * QEMU opens such files with its user's privileges and presents their contents to the guest as its disk: a foreign image could
 * thus read any file of this machine. Read from the header itself, because QEMU would open them even to answer.
 */
export async function findReferences(image: FileHandle, format: DiskFormat): Promise<string | undefined> {
  const {size} = await image.stat()
  const read: Read = async (position, length) => {
    const {buffer, bytesRead} = await image.read(Buffer.alloc(length), 0, length, position)
    return buffer.subarray(0, bytesRead)
  }
  switch (format) {
    case 'qcow2':
      return qcow2References(padded(await read(0, 104), 104))
    case 'vmdk':
      return vmdkReferences(padded(await read(0, 512), 512), read)
    case 'vpc':
      return vhdReferences([await read(0, 512), await read(Math.max(0, size - 512), 512)])
    default:
      // A raw image has no references, and QEMU itself refuses a VHDX with a parent.
      return undefined
  }
}

/** QEMU, docs/interop/qcow2.rst: the name of a backing file, and bit 2 of the incompatible features. */
function qcow2References(header: Buffer): string | undefined {
  if (header.readBigUInt64BE(8) !== 0n) return 'a backing file'
  const hasFeatures = header.readUInt32BE(4) >= 3
  return hasFeatures && (header.readBigUInt64BE(72) & 4n) !== 0n ? 'a data file' : undefined
}

/** Bytes of a descriptor that QEMU reads (block/vmdk.c: DESC_SIZE). */
const descriptorBytes = 20 * 512

/**
 * VMware's Virtual Disk Format 5.0: a separate descriptor lists the files with the data. One inside a sparse extent is read where the
 * header has it and in the second sector, where QEMU looks for the parent (block/vmdk.c, vmdk_open).
 */
async function vmdkReferences(header: Buffer, read: Read): Promise<string | undefined> {
  if (!header.toString('latin1').startsWith('KDMV')) return 'files with its data'
  if (header.readBigUInt64LE(12) === 0n) return 'files with its data'
  const places = [512n, header.readBigUInt64LE(28) * 512n]
  for (const place of places) {
    if (place > BigInt(Number.MAX_SAFE_INTEGER)) continue
    const text = (await read(Number(place), descriptorBytes)).toString('latin1')
    if (/parentFileNameHint/i.test(text)) return 'a parent'
    if (/^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(?!SPARSE\b|ZERO\b)\w+/im.test(text)) return 'files with its data'
  }
  return undefined
}

/** Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format": type 4 is a differencing disk. */
const vhdReferences = (footers: readonly Buffer[]): string | undefined =>
  footers.some((footer) => footer.toString('latin1', 0, 8) === 'conectix' && padded(footer, 512).readUInt32BE(60) === 4)
    ? 'a parent'
    : undefined

/** Bytes beyond the end of an image count as zeros. */
const padded = (bytes: Buffer, length: number): Buffer => Buffer.concat([bytes, Buffer.alloc(length)], length)
