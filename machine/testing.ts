// A machine is disposed of by `await using`, whose types a project may not have enabled.
/// <reference lib="esnext.disposable" preserve="true" />
import {HaosError} from '#dsl'
import {Toolbox} from '#engine'
import {qemuSystem} from '#tools'
import {Machine, type StartOptions} from './machine.ts'
import type {BootMedium, DirectKernel, DiskBus} from './machine-options.ts'
import {findUefiFirmware} from './qemu/firmware.ts'

export {HaosError} from '#dsl'
export type {DiskFormat} from '#formats'
export type {CommandResult, LoginOptions} from './console/guest-shell.ts'
export type {ConsoleMatch, MachineConsole, WaitOptions} from './console/machine-console.ts'
export {type AttachedDisk, type EndOptions, Machine, type StartOptions} from './machine.ts'
export type {
  BootMedium,
  DirectKernel,
  DiskBus,
  DiskOptions,
  GuestForward,
  MachineArch,
  MachineOptions,
  NetworkOptions,
  PortForward,
} from './machine-options.ts'
export {type Lan, makeLan} from './qemu/lan.ts'
export type {QemuExit} from './qemu/qemu-exit.ts'

/** How an image is booted: all options of a machine except its medium. */
export interface BootOptions extends Omit<StartOptions, 'medium' | 'direct'> {
  /** How the image is connected. Default: an `.iso` as `cd`, another image as a `virtio` disk. */
  readonly as?: 'cd' | DiskBus | undefined
}

/**
 * Boots an ISO, a disk image, or a kernel with an initrd, and returns the running machine.
 *
 * The image itself is never written to. Errors show the last console lines in their message.
 * Needs no test framework; `await using` or a `finally` ends the machine.
 */
export function boot(image: string | DirectKernel, {as, ...options}: BootOptions = {}): Promise<Machine> {
  const what = typeof image === 'string' ? {medium: mediumOf(image, as)} : {direct: image}
  return Machine.start({linesInMessages: true, ...options, ...what})
}

/** How a file is connected by default: an ISO as a CD, anything else as a disk. */
export const mediumOf = (file: string, as?: BootMedium['as']): BootMedium => ({
  file,
  as: as ?? (file.endsWith('.iso') ? 'cd' : 'virtio'),
})

/**
 * Returns why this host cannot boot such a machine; undefined if it can.
 *
 * For the condition of a test: `test.skipIf(await whyNoBoot())`.
 */
export async function whyNoBoot({
  arch = 'amd64',
  firmware,
  toolbox = new Toolbox(),
}: Pick<BootOptions, 'arch' | 'firmware' | 'toolbox'> = {}): Promise<string | undefined> {
  try {
    await toolbox.need(qemuSystem[arch])
    if (firmware === 'uefi') await findUefiFirmware(arch)
    return undefined
  } catch (error) {
    if (error instanceof HaosError) return error.message
    throw error
  }
}
