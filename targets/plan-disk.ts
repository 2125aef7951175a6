import type {PlanBuilder, Ref} from '#engine'
import {diskFormat, diskImage, ova, type PlannedImage} from '#image'
import {bootEnvironmentPath, type DiskBoot, renderBootEnvironment, systemPaths} from '#layout'
import type {DiskFileFormat} from '#tools'
import {systemFiles} from './system-files.ts'

/** File formats of a disk: raw, those of hypervisors, and a complete machine (OVA). */
export const diskFileFormats = ['raw', 'qcow2', 'vmdk', 'vhd', 'ova'] as const satisfies readonly (
  | DiskFileFormat
  | 'ova'
)[]
export type DiskTargetFormat = (typeof diskFileFormats)[number]

const GiB = 2 ** 30

/** The smallest whole number of GiB, as GCP requires, that an installed system fits in. It grows to its disk at its first boot. */
export const defaultDiskBytes = 3 * GiB

export interface DiskOptions {
  readonly sizeBytes: number
}

/** Adds the steps that make a disk as the installer leaves it. Pure. */
export function planDisk(image: PlannedImage, plan: PlanBuilder, {sizeBytes}: DiskOptions): Ref<'file'> {
  const {spec, bootLoader, diskLoaders, cmdline} = image
  const {identity, boot} = spec
  const {files, texts, links, modes, configPath} = systemFiles(image)
  const settings: DiskBoot = {cmdline: [...cmdline], timeoutSeconds: boot.timeoutSeconds}
  const consoles = cmdline.filter((word) => word.startsWith('console='))
  const {bios, efi} = diskLoaders
  return plan.add(
    diskImage,
    {
      files: files.map(({file}) => file),
      efiLoader: efi.file,
      bios: bios === undefined ? [] : [bios.bootImage, bios.coreImage],
    },
    {
      sizeBytes,
      product: {name: identity.name, stateLabel: identity.stateLabel},
      loaderName: efi.fileName,
      paths: files.map(({path}) => path),
      texts: {
        ...texts,
        ...Object.fromEntries(
          Object.entries(bootLoader.diskMenu({identity, boot: settings, consoles, debug: false})).map(
            ([path, text]) => [path.slice(1), text],
          ),
        ),
        [bootEnvironmentPath.slice(1)]: renderBootEnvironment(undefined),
        [systemPaths(identity).growMarker.slice(1)]: '',
      },
      links,
      modes: {...modes, [configPath]: '0600'},
    },
    'disk',
  )
}

/** Adds the step that writes a disk in a format. Pure. */
export function planDiskFormat(
  disk: Ref<'file'>,
  format: DiskTargetFormat,
  {image, plan, sizeBytes}: {readonly image: PlannedImage; readonly plan: PlanBuilder; readonly sizeBytes: number},
): Ref<'file'> {
  if (format === 'raw') return disk
  if (format !== 'ova') return plan.add(diskFormat, {disk}, {format}, `disk as ${format}`)
  const {spec, arch} = image
  const {identity, name, version} = spec
  return plan.add(
    ova,
    {disk: plan.add(diskFormat, {disk}, {format: 'vmdk'}, 'disk as vmdk')},
    {name: `${name}-${version}-${arch}`, title: `${identity.title} ${version}`, version, capacityBytes: sizeBytes},
    'machine as ova',
  )
}
