import type {PlanBuilder, Ref} from '#engine'
import {
  artifactNames,
  defineTarget,
  type PlannedImage,
  packedDisk,
  type Target,
  type TargetOutput,
  textFile,
} from '#image'
import {defaultDiskBytes, planDisk, planDiskFormat} from '../plan-disk.ts'
import {cloudWarnings} from './cloud-warnings.ts'
import {type Cloud, type CloudName, checkCloudSize, cloudImageName, clouds} from './clouds.ts'
import {renderUploadScript} from './upload-script.ts'
import {withDataSource} from './with-data-source.ts'

export interface CloudTargetOptions {
  /** Size of the disk in the image; it grows to the size of the machine's disk. Default: 3 GiB. */
  readonly sizeBytes?: number | undefined
}

/** An image in a cloud's format, and a script that uploads it. Fails with INPUT_INVALID for a size that the cloud refuses. */
export function cloudTarget(name: CloudName, {sizeBytes = defaultDiskBytes}: CloudTargetOptions = {}): Target {
  checkCloudSize(name, sizeBytes)
  return defineTarget({
    kind: `cloud-${name}`,
    summary: `image for ${clouds[name].title}`,
    warnings: (image) => cloudWarnings(image, name, name),
    plan({image: plain, plan}) {
      const image = withDataSource(plain, name)
      return planCloudFiles(name, {image, plan, disk: planDisk(image, plan, {sizeBytes}), sizeBytes, variant: name})
    },
  })
}

interface CloudDisk {
  readonly image: PlannedImage
  readonly plan: PlanBuilder
  readonly disk: Ref<'file'>
  readonly sizeBytes: number
  /** The part of file names that distinguishes how the image was made. */
  readonly variant: string
}

/** Adds the steps that convert a finished disk to the cloud's format, and the upload script. Pure. */
export function planCloudFiles(name: CloudName, context: CloudDisk): TargetOutput[] {
  const {image, plan, variant} = context
  const {spec, arch} = image
  const cloud: Cloud = clouds[name]
  const named = (extension: string) => artifactNames(image, `.${extension}`, variant)
  const file = named(cloud.extension)
  const script = renderUploadScript(name, {
    file: file.name,
    name: cloudImageName(image),
    title: `${spec.identity.title} ${spec.version}`,
    arch,
  })
  return [
    {...file, role: 'cloud-image', from: planCloudFile(cloud, context)},
    {...named('sh'), role: 'upload-script', from: plan.add(textFile, {}, {text: script}, 'upload script')},
  ]
}

function planCloudFile({format}: Cloud, {image, plan, disk, sizeBytes}: CloudDisk): Ref<'file'> {
  if (format === 'gcp') return plan.add(packedDisk, {disk}, {diskName: 'disk.raw'}, 'packed disk')
  if (format !== 'box') return planDiskFormat(disk, format, {image, plan, sizeBytes})
  // vagrant-libvirt, "Box format".
  const metadata = JSON.stringify({provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(sizeBytes / 2 ** 30)})
  const qcow2 = planDiskFormat(disk, 'qcow2', {image, plan, sizeBytes})
  return plan.add(packedDisk, {disk: qcow2}, {diskName: 'box.img', texts: {'metadata.json': `${metadata}\n`}}, 'box')
}
