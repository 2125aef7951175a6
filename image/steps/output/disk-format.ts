import {rename} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {normalizeDiskFormat} from '#formats'
import {qemuImgConvert} from '#tools'

/** Writes a raw disk in the format of a hypervisor, without timestamps or random ids. */
export const diskFormat = defineStep({
  kind: 'disk-format',
  revision: 3,
  summary: 'writes the disk in another format',
  inputs: {disk: 'file'},
  output: 'file',
  options: z.strictObject({format: z.enum(['qcow2', 'vmdk', 'vhd'])}),
  tools: [qemuImgConvert],
  async run({inputs, options: {format}, output, scratch, epoch, tool}) {
    // A VMDK contains its own file name.
    const written = join(scratch, `disk.${format}`)
    await tool(qemuImgConvert, {input: inputs.disk, output: written, format})
    await normalizeDiskFormat(written, {disk: inputs.disk, format, epoch})
    await rename(written, output)
  },
})
