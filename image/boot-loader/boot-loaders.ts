import type {Arch, Identity} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import {diskBootPaths, diskEarlyConfig} from '#layout'
import {grubImage} from '../steps/boot/grub-image.ts'
import {pickFile} from '../steps/pick-file.ts'

/** Which loaders an architecture starts with, and under what name UEFI looks for one (UEFI specification 3.5.1.1). */
export const bootLoaders = {
  amd64: {bios: true, efi: {format: 'x86_64-efi', fileName: 'BOOTX64.EFI'}},
  arm64: {bios: false, efi: {format: 'arm64-efi', fileName: 'BOOTAA64.EFI'}},
  arm: {bios: false, efi: {format: 'arm-efi', fileName: 'BOOTARM.EFI'}},
} as const

/** GRUB for a disk: what the installer writes onto it, and what a disk image is made of. */
export interface DiskLoaders {
  /** For BIOS: the first sector, and the core image that it loads. */
  readonly bios: {readonly bootImage: Ref<'file'>; readonly coreImage: Ref<'file'>} | undefined
  readonly efi: {readonly file: Ref<'file'>; readonly fileName: string}
}

/** Adds the steps that make GRUB for a disk of this product. Pure. */
export function planDiskLoaders(
  {arch, identity, grub}: {readonly arch: Arch; readonly identity: Identity; readonly grub: Ref<'tree'>},
  plan: PlanBuilder,
): DiskLoaders {
  const {bios, efi} = bootLoaders[arch]
  const config = diskEarlyConfig(identity)
  return {
    bios: bios
      ? {
          bootImage: plan.add(pickFile, {tree: grub}, {path: '/usr/lib/grub/i386-pc/boot.img'}, 'BIOS boot sector'),
          coreImage: plan.add(
            grubImage,
            {grub},
            {format: 'i386-pc', config, modules: biosModules},
            'BIOS loader for disks',
          ),
        }
      : undefined,
    efi: {
      fileName: efi.fileName,
      file: plan.add(
        grubImage,
        {grub},
        {format: efi.format, config, modules: efiModules(efi.format)},
        'UEFI loader for disks',
      ),
    },
  }
}

/** Where the loaders lie in the system, for its installer. */
export function loaderFiles({bios, efi}: DiskLoaders, identity: Identity): {path: string; file: Ref<'file'>}[] {
  const paths = diskBootPaths(identity)
  return [
    ...(bios
      ? [
          {path: paths.bootImage, file: bios.bootImage},
          {path: paths.coreImage, file: bios.coreImage},
        ]
      : []),
    {path: `${paths.efiDirectory}/${efi.fileName}`, file: efi.file},
  ]
}

/** What a menu needs: to find its medium, to read it, to show itself on screen and serial line, to start Linux. */
const menuModules = [
  'all_video',
  'boot',
  'cat',
  'configfile',
  'echo',
  'eval',
  'ext2',
  'fat',
  'font',
  'gfxterm',
  'gzio',
  'iso9660',
  'linux',
  'loadenv',
  'ls',
  'minicmd',
  'normal',
  'part_gpt',
  'part_msdos',
  'probe',
  'reboot',
  'regexp',
  'search',
  'search_fs_file',
  'search_fs_uuid',
  'search_label',
  'serial',
  'sleep',
  'terminal',
  'test',
  'true',
]

export const biosModules: string[] = [...menuModules, 'biosdisk', 'halt'].sort()

export const efiModules = (format: string): string[] =>
  [...menuModules, 'efi_gop', 'halt', ...(format === 'x86_64-efi' ? ['efi_uga'] : [])].sort()
