import {copyFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {HaosError} from '#dsl'
import {commandLineBytes, commandLineLimit} from '#layout'
import type {UefiFirmware} from '#tools'
import {qemuSystem} from '#tools'
import {type DiskSurroundings, makeDiskFile} from './disk-file.ts'
import {extractIsoKernel} from './iso-kernel.ts'
import type {BootMedium, DirectKernel, DiskOptions, MachineArch, MachineOptions} from './machine-options.ts'
import {chooseAccelerator} from './qemu/accelerator.ts'
import {findUefiFirmware} from './qemu/firmware.ts'
import {makeMac} from './qemu/lan.ts'
import type {MachinePlan, PluggedDisk} from './qemu/qemu-arguments.ts'

/** A machine ready to power on: its program, and all options and files. */
export interface PreparedMachine {
  readonly program: string
  readonly plan: MachinePlan
}

/** Chooses defaults for options, and makes the files that the machine needs. Fails with TOOL_MISSING and USAGE_INVALID. */
export async function prepareMachine(
  options: MachineOptions,
  surroundings: DiskSurroundings,
): Promise<PreparedMachine> {
  const {arch = 'amd64', firmware, board = 'q35', medium, disks = [], acceleration = 'auto'} = options
  const qemu = await surroundings.toolbox.need(qemuSystem[arch])
  const direct = await findDirectKernel(options, surroundings)
  const isUefi = (firmware ?? (arch !== 'amd64' && !direct ? 'uefi' : 'bios')) === 'uefi'
  const plan: MachinePlan = {
    directory: surroundings.directory,
    arch,
    board: arch === 'amd64' ? board : 'virt',
    accelerator: acceleration === 'none' ? 'tcg' : await chooseAccelerator(arch, qemu),
    uefi: isUefi ? await copyFirmware(arch, surroundings.directory) : undefined,
    direct,
    medium: medium && (await plugMedium(medium, surroundings)),
    disks: await Promise.all(disks.map((disk, n) => plugDisk(disk, `disk${n}`, surroundings))),
    network: options.network ?? {},
    lan: options.lan && {...options.lan, mac: makeMac()},
    memoryMiB: options.memoryMiB ?? 1024,
    cpus: options.cpus ?? 1,
    noReboot: options.noReboot ?? false,
    extra: options.qemuArguments ?? [],
  }
  return {program: qemu.path, plan}
}

async function findDirectKernel(
  options: MachineOptions,
  surroundings: DiskSurroundings,
): Promise<DirectKernel | undefined> {
  const kernel = await directKernelOf(options, surroundings)
  const bytes = commandLineBytes(kernel?.cmdline ?? '')
  if (bytes <= commandLineLimit.amd64) return kernel
  throw new HaosError(
    'USAGE_INVALID',
    `the command line is ${bytes} bytes; the kernel accepts ${commandLineLimit.amd64}`,
    {
      hint: 'Append less: the end of the line would be cut off silently.',
      at: '--cmdline',
    },
  )
}

async function directKernelOf(
  {direct, medium, appendCmdline}: MachineOptions,
  surroundings: DiskSurroundings,
): Promise<DirectKernel | undefined> {
  if (!direct) {
    return medium && appendCmdline !== undefined
      ? extractIsoKernel(resolve(medium.file), appendCmdline, surroundings)
      : undefined
  }
  const {kernel, initrd, cmdline} = direct
  const words = [cmdline, appendCmdline].filter((text) => text !== undefined && text !== '')
  return {
    kernel: resolve(kernel),
    initrd: initrd === undefined ? undefined : resolve(initrd),
    cmdline: words.length === 0 ? undefined : words.join(' '),
  }
}

/** Makes a disk's files and assigns its port. */
export async function plugDisk(disk: DiskOptions, id: string, surroundings: DiskSurroundings): Promise<PluggedDisk> {
  const file = await makeDiskFile(disk, id, surroundings)
  const {bus = 'virtio', serial, sectorBytes, readOnly} = disk
  return {...file, id, bus, serial, sectorBytes, readOnly}
}

async function plugMedium(medium: BootMedium, surroundings: DiskSurroundings): Promise<PluggedDisk> {
  const bus = medium.as ?? 'cd'
  // A CD cannot be written anyway; everything else must not change what was built.
  const disk = {...medium, snapshot: medium.snapshot ?? bus !== 'cd'}
  return {...(await makeDiskFile(disk, 'medium', surroundings)), id: 'medium', bus, serial: medium.serial}
}

/** UEFI writes its variables, so each machine has its own. */
async function copyFirmware(arch: MachineArch, directory: string): Promise<UefiFirmware> {
  const {code, variables} = await findUefiFirmware(arch)
  const copy = join(directory, 'uefi-variables.fd')
  await copyFile(variables, copy)
  return {code, variables: copy}
}
