import {artifactNames, defineTarget, type Target} from '#image'
import {loginWarning} from '../login-warning.ts'
import {type DiskTargetFormat, defaultDiskBytes, planDisk, planDiskFormat} from '../plan-disk.ts'

const MiB = 2 ** 20

export interface DiskTargetOptions {
  /** Default: `raw`. */
  readonly formats?: readonly DiskTargetFormat[]
  /** Size of the disk, rounded up to whole MiB. Default: 3 GiB. */
  readonly sizeBytes?: number | undefined
}

/** A disk with the system installed: boots under BIOS and UEFI, and grows at its first boot. */
export function diskTarget({formats = ['raw'], sizeBytes: wanted = defaultDiskBytes}: DiskTargetOptions = {}): Target {
  // Partitions are aligned to MiB, and disk formats require whole units.
  const sizeBytes = Math.ceil(wanted / MiB) * MiB
  return defineTarget({
    kind: 'disk',
    summary: 'a disk with the system installed: boots under BIOS and UEFI, grows at its first boot',
    warnings: (image) => loginWarning(image, `.${formats[0]}`),
    plan({image, plan}) {
      const disk = planDisk(image, plan, {sizeBytes})
      return formats.map((format) => ({
        ...artifactNames(image, `.${format}`),
        role: 'disk',
        from: planDiskFormat(disk, format, {image, plan, sizeBytes}),
      }))
    },
  })
}
