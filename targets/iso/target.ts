import {
  artifactNames,
  biosModules,
  bootLoaders,
  defineTarget,
  efiModules,
  efiPartition,
  grubImage,
  iso9660,
  type PlannedImage,
} from '#image'
import {areaBytes, areaPath, efiLabel, menuPath, renderAreaHeader} from '#layout'
import {systemFiles} from '../system-files.ts'
import {grubConfig, grubEarlyConfig} from './grub-config.ts'

/** A disc that starts from a CD or a stick, under BIOS and UEFI. */
export const isoTarget = defineTarget({
  kind: 'iso',
  summary: 'an ISO that starts from CD or USB stick, under BIOS and UEFI',
  plan({image, plan}) {
    const {spec, arch} = image
    const {identity} = spec
    const loaders = bootLoaders[arch]
    const early = grubEarlyConfig(identity.volumeLabel)
    const bios = loaders.bios
      ? [
          plan.add(
            grubImage,
            {grub: image.grub},
            {format: 'i386-pc-eltorito', config: early, modules: biosModules},
            'BIOS loader',
          ),
        ]
      : []
    const loader = plan.add(
      grubImage,
      {grub: image.grub},
      {format: loaders.efi.format, config: early, modules: efiModules(loaders.efi.format)},
      'UEFI loader',
    )
    const partition = plan.add(
      efiPartition,
      {loader},
      {fileName: loaders.efi.fileName, label: efiLabel(identity), serial: '48414f53'},
      'EFI partition',
    )
    const content = discContent(image)
    const disc = plan.add(
      iso9660,
      {files: content.files.map(({file}) => file), efiPartition: partition, biosImage: bios, grub: image.grub},
      {
        volume: identity.volumeLabel,
        paths: content.files.map(({path}) => path),
        texts: content.texts,
        areas: content.areas,
        links: content.links,
        modes: content.modes,
      },
      'iso',
    )
    return [
      {
        ...artifactNames(image, '.iso'),
        role: 'iso',
        from: disc,
      },
    ]
  },
})

/** The system, the menu that starts it, and room for changes of the menu and the config. */
function discContent(image: PlannedImage) {
  const {files, texts, links, modes, configPath, kernelPath} = systemFiles(image)
  const menu = menuPath.slice(1)
  const area = areaPath.slice(1)
  return {
    files,
    links,
    texts: {...texts, [menu]: grubConfig(image, `/${kernelPath}`)},
    areas: {[area]: {text: renderAreaHeader({menu: `/${menu}`, config: `/${configPath}`}), sizeBytes: areaBytes}},
    modes: {...modes, [area]: '0400'},
  }
}
