import {open} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import type {Toolbox} from '#engine'
import {errnoOf, makeDirectory, runTool} from '#engine'
import {type DiskFormat, diskFormatOf} from '#formats'
import {qemuImgCreate} from '#tools'
import type {DiskOptions} from './machine-options.ts'

/** An image that QEMU can open. */
export interface DiskFile {
  readonly file: string
  readonly format: DiskFormat
}

/** Directory for a disk's own files, and the tools. */
export interface DiskSurroundings {
  /** Host path of a directory that lives as long as the machine. */
  readonly directory: string
  readonly toolbox: Toolbox
}

/** Makes the files of a disk before QEMU opens it. `name` is unique in the machine. Fails with USAGE_INVALID and ARTIFACT_INVALID. */
export async function makeDiskFile(
  {file, sizeBytes, format, snapshot = false}: DiskOptions,
  name: string,
  {directory, toolbox}: DiskSurroundings,
): Promise<DiskFile> {
  const path = file === undefined ? join(directory, `${name}.img`) : resolve(file)
  if (sizeBytes !== undefined) await makeEmptyDisk(path, sizeBytes)
  const base = {file: path, format: await diskFormatOf(path, format)}
  if (!snapshot) return base
  const overlay: DiskFile = {file: join(directory, `${name}.qcow2`), format: 'qcow2'}
  const log = join(directory, 'qemu-img.log')
  const options = {output: overlay.file, format: 'qcow2', backing: base} as const
  const signal = new AbortController().signal
  await runTool(qemuImgCreate, options, {toolbox, scratch: directory, epoch: 0, signal, log})
  return overlay
}

/** A sparse file, unless it exists: a kept disk keeps its contents. */
async function makeEmptyDisk(path: string, sizeBytes: number): Promise<void> {
  await makeDirectory(dirname(path))
  try {
    await using disk = await open(path, 'wx')
    await disk.truncate(sizeBytes)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}
