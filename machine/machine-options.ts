import type {Arch} from '#dsl'
import type {DiskFormat} from '#formats'
import type {Lan} from './qemu/lan.ts'

/** Architectures of machines. */
export type MachineArch = Arch

/**
 * How a disk is connected.
 *
 * `ide` is the board's own controller: AHCI on `q35`, PIIX on `pc`. `usb` is a stick on xHCI.
 */
export type DiskBus = 'virtio' | 'ide' | 'nvme' | 'scsi' | 'usb'

/**
 * A disk: an existing `file`, a new empty one of a `sizeBytes`, or both.
 *
 * A size alone makes a scratch disk that is deleted with the machine. A file that does not exist is
 * created with the given size, and kept.
 */
export interface DiskOptions {
  /** Host path of the image. */
  readonly file?: string | undefined
  /** Size of a new raw disk, in bytes. It takes no space until it is written. */
  readonly sizeBytes?: number | undefined
  /** Default: `virtio`. */
  readonly bus?: DiskBus | undefined
  /** Default: recognised by the first bytes. */
  readonly format?: DiskFormat | undefined
  /** Discard writes with the machine, so that the file stays unchanged. Default: no, for a boot medium yes. */
  readonly snapshot?: boolean | undefined
  /** Serial number that the guest sees, up to 20 characters. */
  readonly serial?: string | undefined
  /**
   * Size of a sector, in bytes. Default: 512. SeaBIOS cannot boot from larger ones, and `ide` does not support them.
   */
  readonly sectorBytes?: 512 | 4096 | undefined
  /** The guest sees a read-only disk; not on `ide`. Default: no. */
  readonly readOnly?: boolean | undefined
}

/** What the firmware boots: one file, as a virtual CD or as a disk. */
export interface BootMedium extends DiskOptions {
  readonly file: string
  /** Default: `cd`. */
  readonly as?: 'cd' | DiskBus | undefined
}

/** A kernel that QEMU itself loads; no boot loader is involved. */
export interface DirectKernel {
  /** Host path of the vmlinuz or bzImage. */
  readonly kernel: string
  /** Host path of the initrd. */
  readonly initrd?: string | undefined
  /** Kernel command line. Add `panic=-1` so that the guest reboots after a panic instead of hanging. */
  readonly cmdline?: string | undefined
}

/** A TCP port of the host's 127.0.0.1 that is forwarded to the guest. */
export interface PortForward {
  readonly guestPort: number
  /** Default: a free one, which `machine.hostPort(guestPort)` returns. */
  readonly hostPort?: number | undefined
}

/** An address in the guest's network that is forwarded to a TCP port of the host's 127.0.0.1. */
export interface GuestForward {
  /** An IPv4 address inside `subnet`, such as a cloud's metadata service. */
  readonly address: string
  readonly port: number
  readonly hostPort: number
}

/** A network card on QEMU's user network: DHCP, DNS and the host's 127.0.0.1 as the second address of the subnet. */
export interface NetworkOptions {
  readonly forward?: readonly PortForward[] | undefined
  readonly guestForward?: readonly GuestForward[] | undefined
  /** Nothing beyond the forwarded ports is reachable from the guest. Default: no. */
  readonly restrict?: boolean | undefined
  /** IPv4 network in CIDR notation. Default: `10.0.2.0/24`. */
  readonly subnet?: string | undefined
  /** Card model as QEMU names it. Default: `virtio-net-pci`. */
  readonly model?: string | undefined
  /** Hardware address of the card. */
  readonly mac?: string | undefined
}

/** Options of a virtual machine. Everything has a default, so `{}` is a machine with nothing to boot. */
export interface MachineOptions {
  /** Default: `amd64`. */
  readonly arch?: MachineArch | undefined
  /** Default: `bios` on amd64, otherwise `uefi`, the only one there. */
  readonly firmware?: 'bios' | 'uefi' | undefined
  /** Mainboard of amd64. Default: `q35`; `pc` is the older i440FX with PIIX IDE. */
  readonly board?: 'q35' | 'pc' | undefined
  readonly medium?: BootMedium | undefined
  readonly direct?: DirectKernel | undefined
  /**
   * Words to append to the kernel command line of an ISO's default menu entry. QEMU then loads the kernel instead of
   * the boot loader; everything else is as on the ISO.
   */
  readonly appendCmdline?: string | undefined
  readonly disks?: readonly DiskOptions[] | undefined
  /** Default: a card with no forwarded port. `false`: no card at all. */
  readonly network?: NetworkOptions | false | undefined
  /** A network with other machines of this host, on a card after that of `network`; see `makeLan`. Default: none. */
  readonly lan?: Lan | undefined
  /** Default: 1024. */
  readonly memoryMiB?: number | undefined
  /** Default: 1. */
  readonly cpus?: number | undefined
  /** `auto` uses KVM if a probe shows that it runs guests, `none` never does. Default: `auto`. */
  readonly acceleration?: 'auto' | 'none' | undefined
  /** A guest that reboots ends the machine instead. Default: no. */
  readonly noReboot?: boolean | undefined
  /** Host path of the console log. Default: a temporary file, kept only if something failed. */
  readonly logFile?: string | undefined
  /** Console lines after which waiting is pointless, in addition to known kernel panics and boot failures. */
  readonly failOn?: readonly RegExp[] | undefined
  /** A kernel panic is part of the test: waiting goes on, for a guest that reboots. Default: no. */
  readonly mayPanic?: boolean | undefined
  /** More arguments for QEMU, for features without an option here. */
  readonly qemuArguments?: readonly string[] | undefined
  /** Receives the raw console, before escape sequences are removed. */
  readonly onConsole?: ((bytes: Uint8Array) => void) | undefined
}
