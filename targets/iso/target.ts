import {uuidOf} from '#engine'
import {artifactNames, defineTarget, type EfiLoader, efiPartition, iso9660, type PlannedImage} from '#image'
import {areaPath, efiLabel, layOutArea, mediumIdPath, menuPath, renderAreaHeader} from '#layout'
import {type SystemFiles, systemFiles} from '../system-files.ts'

/** An ISO that boots from a CD or a USB stick, under BIOS and UEFI. */
export const isoTarget = defineTarget({
  kind: 'iso',
  summary: 'an ISO that boots from CD or USB stick, under BIOS and UEFI',
  upgradesNodes: true,
  plan({image, plan}) {
    const {spec, bootLoader} = image
    const {identity} = spec
    const system = systemFiles(image)
    const ids = mediumIds(image, system)
    const {bios, efi, hybrid} = bootLoader.planMediumLoaders(ids.loader, plan)
    const partition = plan.add(
      efiPartition,
      {loader: efi.file},
      {fileName: efi.fileName, label: efiLabel(identity), serial: '48414f53'},
      'EFI partition',
    )
    const content = isoContent(image, system, {ids, efi})
    const iso = plan.add(
      iso9660,
      {
        files: content.files.map(({file}) => file),
        efiPartition: partition,
        biosImage: bios === undefined ? [] : [bios],
        grub: hybrid,
      },
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
        from: iso,
      },
    ]
  },
})

interface MediumIds {
  /** What the loader looks for. The config and the menu are not in it, so that an edit of theirs does not make the loaders again. */
  readonly loader: string
  /** What stage 0 looks for, given by the menu: another recipe, lock, config or menu has another. */
  readonly medium: string
}

const mediumIds = ({spec, cmdline, arch}: PlannedImage, {files, texts, links}: SystemFiles): MediumIds => {
  const loader = uuidOf({files: files.map(({path, file}) => [path, file.step]), links, arch, epoch: spec.epoch})
  return {loader, medium: uuidOf({loader, texts, boot: spec.boot, cmdline})}
}

/** The system, its boot menu, the loader for USB sticks that the files are copied to, and space for changes of menu and config. */
function isoContent(
  image: PlannedImage,
  {files, texts, links, modes, configPath, nodesPath, kernelPath}: SystemFiles,
  {ids, efi}: {readonly ids: MediumIds; readonly efi: EfiLoader},
) {
  const {spec, arch, bootLoader, cmdline} = image
  const area = areaPath.slice(1)
  const paths = {menu: menuPath, config: `/${configPath}`, nodes: `/${nodesPath}`}
  const about = `${spec.identity.title} ${spec.version} ${arch}\n`
  return {
    files: [...files, {path: `EFI/BOOT/${efi.fileName}`, file: efi.file}],
    links,
    texts: {
      // Remaster changes the place of a file, so there must be one.
      [nodesPath]: '',
      ...texts,
      ...withoutRoot(
        bootLoader.mediumMenu({
          ...spec.boot,
          identity: spec.identity,
          cmdline,
          kernelDirectory: `/${kernelPath}`,
          id: ids.medium,
        }),
      ),
      [mediumIdPath(ids.loader).slice(1)]: about,
      [mediumIdPath(ids.medium).slice(1)]: about,
    },
    areas: {[area]: {text: renderAreaHeader(paths), sizeBytes: layOutArea(paths).sizeBytes}},
    modes: {[nodesPath]: '0400', ...modes, [area]: '0400'},
  }
}

/** Texts by path below the root of the ISO, without a leading slash. */
const withoutRoot = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([path, text]) => [path.slice(1), text]))
