import type {Arch, Identity} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import type {DiskMenuOptions} from '#layout'

/** The loaders that BIOS and UEFI start from a disk. The installer writes them, and disk images contain them. */
export interface DiskLoaders {
  /** For BIOS, if the architecture has one: the first sector, and the core image that it loads. */
  readonly bios: {readonly bootImage: Ref<'file'>; readonly coreImage: Ref<'file'>} | undefined
  readonly efi: EfiLoader
}

/** The loaders that BIOS and UEFI start from an ISO. */
export interface MediumLoaders {
  /** El Torito image for BIOS, if the architecture has one. */
  readonly bios: Ref<'file'> | undefined
  readonly efi: EfiLoader
  /** The tree that contains the boot sector with which an ISO also boots from a USB stick. */
  readonly hybrid: Ref<'tree'>
}

export interface EfiLoader {
  readonly file: Ref<'file'>
  /** Name under which firmware looks for it (UEFI specification 3.5.1.1). */
  readonly fileName: string
}

/** Contents of the boot menu of a medium. */
export interface MediumMenuOptions {
  readonly identity: Identity
  readonly entries: readonly {readonly title: string; readonly arguments: readonly string[]}[]
  readonly timeoutSeconds: number
  /** Index of the default entry, from 0. */
  readonly default: number
  /** Kernel arguments of every entry. */
  readonly cmdline: readonly string[]
  /** Absolute directory of kernel and initrd on the medium, without symlinks, which a medium of copied files lacks. */
  readonly kernelDirectory: string
  /** Id of the build, by which the loader and stage 0 recognise their medium. */
  readonly id: string
}

/**
 * A boot loader for media and disks. GRUB is the only one so far.
 *
 * An image is planned with one, which provides the files and menus of all targets. All methods are pure.
 */
export interface BootLoader {
  readonly name: string
  /** Adds the steps that make the loaders of a disk. They find their menu on the disk that the firmware booted. */
  planDiskLoaders(plan: PlanBuilder): DiskLoaders
  /** Adds the steps that make the loaders of an ISO. They find it by the file with this id (`mediumIdPath`), first on the device that the firmware booted. */
  planMediumLoaders(id: string, plan: PlanBuilder): MediumLoaders
  /** Files of the boot menu of an ISO, as texts by absolute path. */
  mediumMenu(options: MediumMenuOptions): Readonly<Record<string, string>>
  /** Files of the boot menu of a disk, as texts by absolute path. */
  diskMenu(options: DiskMenuOptions): Readonly<Record<string, string>>
}

/** Makes the boot loader of an image. `modules` contains the loader's files, from the distribution of the kernel. */
export type MakeBootLoader = (request: {
  readonly arch: Arch
  readonly identity: Identity
  readonly modules: Ref<'tree'>
}) => BootLoader
