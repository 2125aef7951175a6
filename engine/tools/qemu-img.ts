import {defineTool} from '#engine'

/** A copy-on-write image with the differences from another. */
export interface QemuImgCreateOptions {
  readonly output: string
  readonly format: 'qcow2'
  /** Host path of the backing image, which is only read. */
  readonly backing: {readonly file: string; readonly format: string}
}

/** Makes a copy-on-write image, so that a machine can write to a disk that others need unchanged. */
export const qemuImgCreate = defineTool<QemuImgCreateOptions>({
  name: 'qemu-img',
  purpose: 'boot a disk without changing it',
  package: 'qemu-utils',
  optional: true,
  args: ({output, format, backing}) => [
    'create',
    '-q',
    '-f',
    format,
    // The format must be given: guessing it lets a guest that writes a header read any file of the host.
    '-b',
    backing.file,
    '-F',
    backing.format,
    output,
  ],
})

/** Writes an image of any format as a raw disk. */
export const qemuImgToRaw = defineTool<{
  readonly input: string
  /** Given, because guessing it lets an image read any file of the host. */
  readonly format: string
  readonly output: string
}>({
  name: 'qemu-img',
  purpose: 'read a disk in the format of a hypervisor',
  package: 'qemu-utils',
  optional: true,
  args: ({input, format, output}) => ['convert', '-f', format, '-O', 'raw', input, output],
})

/** Disk formats of other programs, by their usual names. */
export const diskFormats = ['raw', 'qcow2', 'vmdk', 'vhd'] as const
export type DiskFileFormat = (typeof diskFormats)[number]

const drivers = {
  qcow2: ['qcow2', 'compat=1.1'],
  // Required by ESXi in an OVA, and by AWS' import.
  vmdk: ['vmdk', 'subformat=streamOptimized,adapter_type=lsilogic'],
  // Without force_size its size would be rounded to a geometry, which Azure refuses.
  vhd: ['vpc', 'subformat=fixed,force_size=on'],
} as const

/** Writes a raw disk in another format (qemu-img(1)). */
export const qemuImgConvert = defineTool<{
  readonly input: string
  readonly output: string
  readonly format: Exclude<DiskFileFormat, 'raw'>
}>({
  name: 'qemu-img',
  purpose: 'write a disk in the format of a hypervisor',
  package: 'qemu-utils',
  args: ({input, output, format}) => {
    const [driver, options] = drivers[format]
    // Several threads would write compressed blocks in a random order.
    return ['convert', '-m', '1', '-f', 'raw', '-O', driver, '-o', options, input, output]
  },
})

/** Prints information about an image as JSON (qemu-img(1), "info"). */
export const qemuImgInfo = defineTool<{
  readonly input: string
  /** Given, because guessing it lets an image read any file of the host. */
  readonly format: string
}>({
  name: 'qemu-img',
  purpose: 'read a disk in the format of a hypervisor',
  package: 'qemu-utils',
  optional: true,
  args: ({input, format}) => ['info', '--output=json', '-f', format, input],
})
