import {type FileHandle, open} from 'node:fs/promises'
import {extname} from 'node:path'
import {HaosError} from '#dsl'
import type {DiskFormat} from './disk-format.ts'
import {findReferences} from './disk-references.ts'

/** Formats by file extension; all others mean a raw disk. */
const formatOfExtension: Readonly<Record<string, DiskFormat>> = {
  '.qcow2': 'qcow2',
  '.vmdk': 'vmdk',
  '.vhdx': 'vhdx',
  '.vhd': 'vpc',
}

/** First bytes that identify an image; their sources are QEMU's docs/interop and the VMDK and VHDX specifications. */
const magics: readonly (readonly [DiskFormat, string])[] = [
  ['qcow2', 'QFI\xfb'],
  ['vmdk', 'KDMV'],
  ['vmdk', '# Disk DescriptorFile'],
  ['vhdx', 'vhdxfile'],
  ['vpc', 'conectix'],
]

/**
 * The format of an image that may be opened: the given one, or that of its name.
 *
 * Its content never decides, since the system on a raw disk can write the header of another format into it. Fails with USAGE_INVALID if
 * there is no image, and with ARTIFACT_INVALID if the content has another format, or refers to other files.
 */
export async function diskFormatOf(path: string, given?: DiskFormat): Promise<DiskFormat> {
  const format = given ?? formatOfExtension[extname(path).toLowerCase()] ?? 'raw'
  await using image = await openImage(path)
  const found = await formatOfContent(image)
  // The last sector of a raw disk may be anything.
  const isFixedVhd = format === 'vpc' && found === 'raw' && (await endsInFooter(image))
  if (found !== format && !isFixedVhd && given === undefined) throw otherFormat(path, format, found)
  const references = await findReferences(image, format)
  if (references === undefined) return format
  throw new HaosError('ARTIFACT_INVALID', `${path} refers to ${references} outside itself, and is not opened`, {
    at: path,
    hint: 'Get a self-contained image: one that refers to files could read any file of this machine.',
  })
}

async function openImage(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    throw new HaosError('USAGE_INVALID', `there is no disk image ${path}`, {
      hint: 'Build it first, or give the path of one that exists, or a size to create an empty disk.',
      at: path,
      cause,
    })
  }
}

async function formatOfContent(image: FileHandle): Promise<DiskFormat> {
  const head = await readText(image, 0, 32)
  return magics.find(([, magic]) => head.startsWith(magic))?.[0] ?? 'raw'
}

/** A fixed VHD is a raw disk with a footer. */
async function endsInFooter(image: FileHandle): Promise<boolean> {
  const {size} = await image.stat()
  return size >= 512 && (await readText(image, size - 512, 8)) === 'conectix'
}

const readText = async (image: FileHandle, position: number, length: number): Promise<string> =>
  (await image.read(Buffer.alloc(length), 0, length, position)).buffer.toString('latin1')

function otherFormat(path: string, format: DiskFormat, found: DiskFormat): HaosError {
  const extension = Object.entries(formatOfExtension).find(([, value]) => value === found)?.[0] ?? '.raw'
  return new HaosError('ARTIFACT_INVALID', `the content of ${path} is ${found}, but its name says ${format}`, {
    at: path,
    hint: `Rename it to end in ${extension}, if that is its format: the name decides, because the system on a disk can write anything into it.`,
  })
}
