import type {Arch, Identity} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import type {DiskMenuOptions} from '#layout'

/** What a BIOS or UEFI starts from a disk: what the installer writes, and what a disk image is made of. */
export interface DiskLoaders {
  /** For BIOS, where the architecture has one: the first sector, and the core image that it loads. */
  readonly bios: {readonly bootImage: Ref<'file'>; readonly coreImage: Ref<'file'>} | undefined
  readonly efi: EfiLoader
}

/** What starts from an ISO. */
export interface MediumLoaders {
  /** El Torito image for BIOS, where the architecture has one. */
  readonly bios: Ref<'file'> | undefined
  readonly efi: EfiLoader
  /** What makes an ISO start from a stick too: the tree that holds its boot sector. */
  readonly hybrid: Ref<'tree'>
}

export interface EfiLoader {
  readonly file: Ref<'file'>
  /** Name under which firmware looks for it (UEFI specification 3.5.1.1). */
  readonly fileName: string
}

/** A medium whose menu is rendered. */
export interface MediumMenuOptions {
  readonly identity: Identity
  readonly entries: readonly {readonly title: string; readonly arguments: readonly string[]}[]
  readonly timeoutSeconds: number
  /** Number of the entry that starts by itself, from 0. */
  readonly default: number
  /** Kernel arguments of every entry. */
  readonly cmdline: readonly string[]
  /** Absolute directory of kernel and initrd on the medium, without links, which a medium of copied files lacks. */
  readonly kernelDirectory: string
  /** Id of the build, by which loader and stage 0 know their medium. */
  readonly id: string
}

/**
 * What starts a system from its media and disks. GRUB is the first.
 *
 * An image is planned with one; targets ask it for files and menus, and name none. All of it is pure.
 */
export interface BootLoader {
  readonly name: string
  /** Adds the steps that make the loaders of a disk. They find their menu on the disk that the firmware started them from. */
  planDiskLoaders(plan: PlanBuilder): DiskLoaders
  /** Adds the steps that make the loaders of an ISO. They look for its file of this id (`mediumIdPath`), first where the firmware started them from. */
  planMediumLoaders(id: string, plan: PlanBuilder): MediumLoaders
  /** Texts of the menu of an ISO, by absolute path. */
  mediumMenu(options: MediumMenuOptions): Readonly<Record<string, string>>
  /** Texts of the menu of a disk, by absolute path. */
  diskMenu(options: DiskMenuOptions): Readonly<Record<string, string>>
}

/** What makes a boot loader for an image. `modules` holds the loader's parts, of the distribution that brings the kernel. */
export type MakeBootLoader = (request: {
  readonly arch: Arch
  readonly identity: Identity
  readonly modules: Ref<'tree'>
}) => BootLoader
