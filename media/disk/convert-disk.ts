import {open} from 'node:fs/promises'
import {resolve} from 'node:path'
import * as z from 'zod'
import {HaosError, shellQuote} from '#dsl'
import {copyWithHoles, type ToolRun} from '#engine'
import {type ConvertedFormat, type DiskFormat, diskFormatOf, normalizeDiskFormat} from '#formats'
import {type DiskFileFormat, qemuImgConvert, qemuImgInfo, qemuImgToRaw} from '#tools'

/** QEMU's names of the formats. */
const drivers = {qcow2: 'qcow2', vmdk: 'vmdk', vhd: 'vpc'} as const satisfies Record<ConvertedFormat, string>

const Info = z.object({
  snapshots: z.array(z.unknown()).default([]),
  'format-specific': z.object({data: z.looseObject({'create-type': z.string().optional()})}).optional(),
})

/** The format of a disk. Fails with ARTIFACT_INVALID if rewriting it would lose something. */
export async function readFormat(path: string, tool: ToolRun): Promise<DiskFileFormat> {
  const driver = await diskFormatOf(path)
  if (driver === 'raw') return driver
  const format = (Object.keys(drivers) as ConvertedFormat[]).find((name) => drivers[name] === driver)
  if (format === undefined) throw cannotBeWritten(path, driver, `its format is ${driver}`)
  if (format === 'vhd' && (await isDynamic(path))) throw cannotBeWritten(path, driver, 'its size is dynamic')
  const info = Info.parse(JSON.parse(await tool(qemuImgInfo, {input: resolve(path), format: driver})))
  if (info.snapshots.length > 0) throw cannotBeWritten(path, driver, 'it has snapshots')
  const type = info['format-specific']?.data['create-type'] ?? 'streamOptimized'
  if (type !== 'streamOptimized') throw cannotBeWritten(path, driver, `its type is ${type}`)
  return format
}

/** Only a dynamic VHD begins with a copy of its footer (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"). */
async function isDynamic(path: string): Promise<boolean> {
  await using file = await open(path)
  const {buffer} = await file.read(Buffer.alloc(8), 0, 8, 0)
  return buffer.toString('latin1') === 'conectix'
}

/** Writes a disk of any of the formats as a raw one. */
export async function toRaw(path: string, output: string, format: DiskFileFormat, tool: ToolRun): Promise<void> {
  if (format === 'raw') await copyWithHoles(path, output)
  else await tool(qemuImgToRaw, {input: resolve(path), format: drivers[format], output: resolve(output)})
}

/** Writes a raw disk in another format: equal disks give equal bytes. */
export async function fromRaw(
  raw: string,
  output: string,
  {format, epoch, tool}: {readonly format: ConvertedFormat; readonly epoch: number; readonly tool: ToolRun},
): Promise<void> {
  await tool(qemuImgConvert, {input: resolve(raw), output: resolve(output), format})
  await normalizeDiskFormat(output, {disk: raw, format, epoch})
}

const cannotBeWritten = (path: string, format: DiskFormat, reason: string): HaosError =>
  new HaosError('ARTIFACT_INVALID', `${path} cannot be changed: ${reason}, which would be lost`, {
    // With -f, qemu-img does not guess the format.
    hint: `Convert it to a raw disk, and change that: qemu-img convert -f ${format} -O raw ${shellQuote(resolve(path))} disk.raw`,
    at: path,
  })
