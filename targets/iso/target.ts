import {type Ref, uuidOf} from '#engine'
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
import {areaBytes, areaPath, efiLabel, mediumIdPath, menuPath, renderAreaHeader} from '#layout'
import {type SystemFiles, systemFiles} from '../system-files.ts'
import {grubConfig, grubEarlyConfig} from './grub-config.ts'

/** A disc that starts from a CD or a stick, under BIOS and UEFI. */
export const isoTarget = defineTarget({
  kind: 'iso',
  summary: 'an ISO that starts from CD or USB stick, under BIOS and UEFI',
  plan({image, plan}) {
    const {spec, arch} = image
    const {identity} = spec
    const loaders = bootLoaders[arch]
    const system = systemFiles(image)
    const id = mediumId(image, system)
    const early = grubEarlyConfig(id)
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
    const content = discContent(image, system, {id, loader, loaderName: loaders.efi.fileName})
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

/** Names this build, for the loader and stage 0 to know their medium by: another recipe, lock or menu gives another. */
const mediumId = ({spec, cmdline, arch}: PlannedImage, {files, texts, links}: SystemFiles): string =>
  uuidOf({
    files: files.map(({path, file}) => [path, file.step]),
    texts,
    links,
    boot: spec.boot,
    cmdline,
    arch,
    epoch: spec.epoch,
  })

/** The system, the menu that starts it, the loader for sticks that the files are copied to, and room for changes of menu and config. */
function discContent(
  image: PlannedImage,
  {files, texts, links, modes, configPath, kernelPath}: SystemFiles,
  {id, loader, loaderName}: {readonly id: string; readonly loader: Ref<'file'>; readonly loaderName: string},
) {
  const {spec, arch} = image
  const menu = menuPath.slice(1)
  const area = areaPath.slice(1)
  return {
    files: [...files, {path: `EFI/BOOT/${loaderName}`, file: loader}],
    links,
    texts: {
      ...texts,
      [menu]: grubConfig(image, `/${kernelPath}`, id),
      // For a stick of many ISOs, whose GRUB reads this (GLIM, "loopback.cfg").
      'boot/grub/loopback.cfg': `source /${menu}\n`,
      [mediumIdPath(id).slice(1)]: `${spec.identity.title} ${spec.version} ${arch}\n`,
    },
    areas: {[area]: {text: renderAreaHeader({menu: `/${menu}`, config: `/${configPath}`}), sizeBytes: areaBytes}},
    modes: {...modes, [area]: '0400'},
  }
}
