import {join} from 'node:path'
import {shellQuote} from '#dsl'
import type {UefiFirmware} from '#tools'
import type {DiskFile} from '../disk-file.ts'
import type {DirectKernel, DiskBus, MachineArch, NetworkOptions} from '../machine-options.ts'
import type {Accelerator} from './accelerator.ts'
import {type Lan, lanArguments} from './lan.ts'
import {networkArguments} from './network.ts'

/** A disk for QEMU: an existing file of known format. */
export interface PluggedDisk extends DiskFile {
  /** Unique in the machine; the image below it is `<id>-image`. */
  readonly id: string
  readonly bus: 'cd' | DiskBus
  readonly serial?: string | undefined
  readonly sectorBytes?: 512 | 4096 | undefined
  readonly readOnly?: boolean | undefined
}

/** A machine with all options set. */
export interface MachinePlan {
  /** Host path of the directory with the machine's own files. */
  readonly directory: string
  readonly arch: MachineArch
  readonly board: 'q35' | 'pc' | 'virt'
  readonly accelerator: Accelerator
  /** `variables` is the machine's own copy. Undefined: SeaBIOS, or on arm64 nothing. */
  readonly uefi?: UefiFirmware | undefined
  readonly direct?: DirectKernel | undefined
  readonly medium?: PluggedDisk | undefined
  readonly disks: readonly PluggedDisk[]
  readonly network: NetworkOptions | false
  readonly lan?: (Lan & {readonly mac: string}) | undefined
  readonly memoryMiB: number
  readonly cpus: number
  readonly noReboot: boolean
  readonly extra: readonly string[]
}

/** File descriptors that QEMU inherits. Being socket pairs, they need no path and end with the process. */
export const descriptors = {monitor: 3, firmware: 4} as const

/** Name of the serial line's pipes in the machine's directory, without `.in` and `.out`. */
export const consolePipe = 'console'

/** Free PCI Express ports for disks that are attached to a running machine. */
export const hotplugPorts = ['port0', 'port1', 'port2'] as const

/** The arguments of a command to paste: the console is the terminal, and nothing else is connected. */
export const renderPastedArguments = (args: readonly string[]): string =>
  args
    .map((word) => word.replace(/^pipe,id=console,path=.*$/, 'stdio,id=console,signal=off'))
    .map((word) => shellQuote(word.replace(/^socket,(id=\w+),fd=\d+$/, 'null,$1')))
    .join(' ')

/** The command line of QEMU for a machine. Pure. */
export function qemuArguments(plan: MachinePlan): string[] {
  const {arch, board, direct, medium, disks} = plan
  const plugged = [...(medium ? [medium] : []), ...disks]
  const uses = (bus: string) => plugged.some((disk) => disk.bus === bus)
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    // A 32-bit kernel without LPAE cannot reach a PCI bus above 4 GiB.
    ...['-machine', arch === 'arm' ? `${board},highmem=off` : board, ...processor(plan)],
    ...['-m', `${plan.memoryMiB}M`, '-smp', String(plan.cpus)],
    ...(plan.uefi ? pflash(plan.uefi) : []),
    ...['-chardev', `pipe,id=console,path=${escapeComma(join(plan.directory, consolePipe))}`],
    ...['-serial', 'chardev:console'],
    ...channel('monitor', descriptors.monitor),
    ...['-mon', 'chardev=monitor,mode=control'],
    // SeaBIOS and EDK II print here what otherwise appears only on the screen, such as "No bootable device".
    ...(arch === 'amd64'
      ? [...channel('firmware', descriptors.firmware), ...device('isa-debugcon', 'iobase=0x402', 'chardev=firmware')]
      : []),
    // The firmware sets up ramfb, so it needs neither a driver in the guest nor a QEMU module that a distribution may
    // package separately.
    ...(arch === 'amd64' ? device('VGA') : device('ramfb')),
    ...device('virtio-rng-pci'),
    ...(board === 'pc'
      ? []
      : hotplugPorts.flatMap((id, n) => device('pcie-root-port', `id=${id}`, `chassis=${n + 1}`))),
    ...(uses('usb') ? device('qemu-xhci', 'id=usb') : []),
    ...(uses('scsi') || (uses('cd') && arch !== 'amd64') ? device('virtio-scsi-pci', 'id=scsi') : []),
    ...(uses('ide') && arch !== 'amd64' ? device('ich9-ahci', 'id=ide') : []),
    ...networkArguments(plan.network),
    ...(plan.lan ? lanArguments(plan.lan, plan.lan.mac) : []),
    ...diskArguments(plugged, plan),
    ...(direct ? directArguments(direct) : []),
    ...(plan.noReboot ? ['-no-reboot'] : []),
    ...plan.extra,
  ]
}

const emulated = {amd64: 'qemu64,-cx16', arm64: 'cortex-a57', arm: 'cortex-a15'} as const

/**
 * The processor.
 *
 * Without cmpxchg16b: with it, Debian's 6.12 kernel panics at random under QEMU 7.2's translator
 * (6 of 14 boots, in __kmalloc_noprof).
 */
function processor({arch, accelerator}: MachinePlan): string[] {
  return ['-accel', accelerator, '-cpu', accelerator === 'kvm' ? 'host' : emulated[arch]]
}

const pflash = ({code, variables}: UefiFirmware): string[] => [
  ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escapeComma(code)}`],
  ...['-drive', `if=pflash,unit=1,format=raw,file=${escapeComma(variables)}`],
]

const channel = (id: string, fd: number): string[] => ['-chardev', `socket,id=${id},fd=${fd}`]

const device = (driver: string, ...properties: string[]): string[] => ['-device', [driver, ...properties].join(',')]

const directArguments = ({kernel, initrd, cmdline}: DirectKernel): string[] => [
  ...['-kernel', kernel],
  ...(initrd === undefined ? [] : ['-initrd', initrd]),
  ...(cmdline === undefined ? [] : ['-append', cmdline]),
]

/** Disks in the order in which the firmware tries them. */
function diskArguments(disks: readonly PluggedDisk[], plan: Pick<MachinePlan, 'arch' | 'board'>) {
  let ideCount = 0
  return disks.flatMap((disk, index) => {
    const usesIde = disk.bus === 'ide' || (disk.bus === 'cd' && plan.arch === 'amd64')
    const place = usesIde ? ideAddress(ideCount++, plan.board) : []
    const node = JSON.stringify(blockNode(disk))
    const properties = diskDevice(disk, plan.arch)
    // 0 belongs to the kernel that QEMU loads itself.
    return ['-blockdev', node, ...device(...properties, ...place, `id=${disk.id}`, `bootindex=${index + 1}`)]
  })
}

/** PIIX has two units on each of its two buses, AHCI one on each of its six. */
const ideAddress = (n: number, board: MachinePlan['board']): string[] =>
  board === 'pc' ? [`bus=ide.${n >> 1}`, `unit=${n & 1}`] : [`bus=ide.${n}`]

/** Options of an image for `-blockdev` and the monitor's `blockdev-add`. */
export const blockNode = ({id, file, format, bus, readOnly = bus === 'cd'}: PluggedDisk) => ({
  'node-name': `${id}-image`,
  driver: format,
  'read-only': readOnly,
  file: {driver: 'file', filename: file},
  ...(readOnly ? {} : {discard: 'unmap'}),
})

const drivers: Readonly<Record<DiskBus, string>> = {
  virtio: 'virtio-blk-pci',
  ide: 'ide-hd',
  nvme: 'nvme',
  scsi: 'scsi-hd',
  usb: 'usb-storage',
}

/** Driver and properties that connect an image, without its IDE bus. `id` also names the image. */
function diskDevice({id, bus, serial, sectorBytes}: PluggedDisk, arch: MachineArch): [string, ...string[]] {
  if (bus === 'cd') {
    return arch === 'amd64' ? ['ide-cd', `drive=${id}-image`] : ['scsi-cd', 'bus=scsi.0', `drive=${id}-image`]
  }
  // QEMU's NVMe controller requires a serial number.
  const name = serial ?? (bus === 'nvme' ? id : undefined)
  const place = bus === 'scsi' ? ['bus=scsi.0'] : bus === 'usb' ? ['bus=usb.0', 'removable=on'] : []
  const sectors =
    sectorBytes === undefined ? [] : [`logical_block_size=${sectorBytes}`, `physical_block_size=${sectorBytes}`]
  const serialNumber = name === undefined ? [] : [`serial=${escapeComma(name)}`]
  return [drivers[bus], `drive=${id}-image`, ...place, ...sectors, ...serialNumber]
}

/** QEMU's option lists read a doubled comma as a comma. */
const escapeComma = (value: string): string => value.replaceAll(',', ',,')

/** Options of a disk in a free port for the monitor's `device_add`. */
export const hotplugDevice = ({id, bus, serial}: PluggedDisk, port: string) => ({
  driver: bus === 'nvme' ? drivers.nvme : drivers.virtio,
  id,
  drive: `${id}-image`,
  bus: port,
  ...(bus === 'nvme' || serial !== undefined ? {serial: serial ?? id} : {}),
})
