import {type FileHandle, open} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import {HaosError} from '#dsl'
import {makeDirectory} from '../store/make-directory.ts'
import {qemuImgCreate} from '../tools/qemu-img.ts'
import {runTool} from '../tools/run-tool.ts'
import type {Toolbox} from '../tools/toolbox.ts'
import type {DiskFormat, DiskOptions} from './machine-options.ts'

/** An image that QEMU can open. */
export interface DiskFile {
  readonly file: string
  readonly format: DiskFormat
}

/** Where a disk's own files may go, and how tools are found. */
export interface DiskSurroundings {
  /** Host path of a directory that lives as long as the machine. */
  readonly directory: string
  readonly toolbox: Toolbox
}

/** Makes what a disk needs before QEMU opens it. `name` is unique in the machine. Fails with USAGE_INVALID. */
export async function makeDiskFile(
  {file, sizeBytes, format, snapshot = false}: DiskOptions,
  name: string,
  {directory, toolbox}: DiskSurroundings,
): Promise<DiskFile> {
  const path = file === undefined ? join(directory, `${name}.img`) : resolve(file)
  if (sizeBytes !== undefined) await makeEmptyDisk(path, sizeBytes)
  const base = {file: path, format: format ?? (await recogniseFormat(path))}
  if (!snapshot) return base
  const overlay: DiskFile = {file: join(directory, `${name}.qcow2`), format: 'qcow2'}
  const log = join(directory, 'qemu-img.log')
  const options = {output: overlay.file, format: 'qcow2', backing: base} as const
  const signal = new AbortController().signal
  await runTool(qemuImgCreate, options, {toolbox, scratch: directory, epoch: 0, signal, log})
  return overlay
}

/** A sparse file, unless there is one already: a disk that is kept keeps its contents. */
async function makeEmptyDisk(path: string, sizeBytes: number): Promise<void> {
  await makeDirectory(dirname(path))
  try {
    await using disk = await open(path, 'wx')
    await disk.truncate(sizeBytes)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

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
