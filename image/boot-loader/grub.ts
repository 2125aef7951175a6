import type {PlanBuilder} from '#engine'
import {diskEarlyConfig, menuPath, renderDiskMenu} from '#layout'
import {grubImage} from '../steps/boot/grub-image.ts'
import {pickFile} from '../steps/pick-file.ts'
import type {MakeBootLoader} from './boot-loader.ts'
import {biosModules, efiModules, type GrubFormat, grubFirmware} from './grub-firmware.ts'
import {mediumEarlyConfig, renderMediumMenu} from './grub-medium.ts'

/** GRUB 2, made from the modules of the image's own distribution (grub-mkimage(1)). */
export const grub: MakeBootLoader = ({arch, identity, modules}) => {
  const {hasBios, efi} = grubFirmware[arch]
  const core = (plan: PlanBuilder, format: GrubFormat, config: string, name: string) => {
    const isEfi = format.endsWith('-efi')
    return plan.add(
      grubImage,
      {grub: modules},
      {format, config, modules: isEfi ? efiModules(format) : biosModules},
      name,
    )
  }
  return {
    name: 'grub',
    planDiskLoaders(plan) {
      const config = diskEarlyConfig(identity)
      const bootSector = {path: '/usr/lib/grub/i386-pc/boot.img'}
      return {
        bios: hasBios
          ? {
              bootImage: plan.add(pickFile, {tree: modules}, bootSector, 'BIOS boot sector'),
              coreImage: core(plan, 'i386-pc', config, 'BIOS loader for disks'),
            }
          : undefined,
        efi: {fileName: efi.fileName, file: core(plan, efi.format, config, 'UEFI loader for disks')},
      }
    },
    planMediumLoaders(id, plan) {
      const config = mediumEarlyConfig(id)
      return {
        bios: hasBios ? core(plan, 'i386-pc-eltorito', config, 'BIOS loader') : undefined,
        efi: {fileName: efi.fileName, file: core(plan, efi.format, config, 'UEFI loader')},
        hybrid: modules,
      }
    },
    mediumMenu: (options) => ({
      [menuPath]: renderMediumMenu(options),
      // For a multiboot stick, whose GRUB reads this file (GLIM, "loopback.cfg").
      '/boot/grub/loopback.cfg': `source ${menuPath}\n`,
    }),
    diskMenu: (options) => ({[menuPath]: renderDiskMenu(options)}),
  }
}
