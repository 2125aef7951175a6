import {efiLoaderNames} from '#layout'

/** Platforms that GRUB is made for (grub-mkimage(1)). */
export type GrubFormat = 'i386-pc' | 'i386-pc-eltorito' | 'x86_64-efi' | 'arm64-efi' | 'arm-efi'

/** GRUB's platforms by architecture, and the file name under which UEFI looks for it (UEFI specification 3.5.1.1). */
export const grubFirmware = {
  amd64: {hasBios: true, efi: {format: 'x86_64-efi', fileName: efiLoaderNames.amd64}},
  arm64: {hasBios: false, efi: {format: 'arm64-efi', fileName: efiLoaderNames.arm64}},
  arm: {hasBios: false, efi: {format: 'arm-efi', fileName: efiLoaderNames.arm}},
} as const

/** Modules with which a menu finds and reads its medium, appears on screen and serial line, and starts Linux. */
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
