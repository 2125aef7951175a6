import {type FileHandle, open} from 'node:fs/promises'
import {HaosError} from '#dsl'

/** Image formats that are recognised and given to QEMU. */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhdx' | 'vpc'

/** First bytes by which an image is known; their sources are QEMU's docs/interop and the VMDK and VHDX specifications. */
const magics: readonly (readonly [DiskFormat, string])[] = [
  ['qcow2', 'QFI\xfb'],
  ['vmdk', 'KDMV'],
  ['vmdk', '# Disk DescriptorFile'],
  ['vhdx', 'vhdxfile'],
  ['vpc', 'conectix'],
]

/** Tells the format of an image by its first bytes, or by the footer that a fixed VHD ends in. Anything else is raw. */
export async function recogniseFormat(path: string): Promise<DiskFormat> {
  let image: FileHandle
  try {
    image = await open(path)
  } catch (cause) {
    throw new HaosError('USAGE_INVALID', `there is no disk image ${path}`, {
      hint: 'Build it first, or give the path of one that exists, or a size to have an empty disk made.',
      at: path,
      cause,
    })
  }
  await using _closed = image
  const {size} = await image.stat()
  const read = async (position: number, length: number) =>
    (await image.read(Buffer.alloc(length), 0, length, position)).buffer.toString('latin1')
  const head = await read(0, 32)
  for (const [format, magic] of magics) if (head.startsWith(magic)) return format
  return size >= 512 && (await read(size - 512, 8)) === 'conectix' ? 'vpc' : 'raw'
}
