import type {Identity} from '#dsl'

/** Where the versions of one part of a system lie: a directory of each, and links to those that boot. */
export interface VersionPaths {
  readonly directory: string
  /** Link to the version that boots. Its target is the version's name alone, so that it also holds below another root. */
  readonly current: string
  /** Link to the version that booted before, where there was one. */
  readonly previous: string
  /** Directory of a version. */
  of(version: string): string
}

/** What a version of the kernel consists of, by file name. */
export const kernelFiles = {kernel: 'vmlinuz', initrd: 'initrd', modules: 'modules.squashfs'} as const

/** File of a version of the system that names its layers, the lowest first, one a line. */
export const layerList = 'layers'

/** Menu of GRUB, from the root of a medium or of a state partition. */
export const menuPath = '/boot/grub/grub.cfg'

/** Files of a network boot directory. */
export const networkBootFiles = {script: 'boot.ipxe', kernel: 'vmlinuz', initrd: 'initrd'} as const

/**
 * What lies where below the system directory, absolute: the same on a medium, on a disk and on the node. Pure.
 *
 * The build writes it, stage 0 mounts it (as shell, in runtime/stage0), the installer copies it, and the remaster finds it again.
 */
export function systemPaths({systemDir, name, kubernetes}: Pick<Identity, 'systemDir' | 'name' | 'kubernetes'>) {
  return {
    /** The config that the image, the installer or a remaster brings (mode 0600: it may hold secrets). */
    config: `${systemDir}/config.yaml`,
    kernel: versionPaths(systemDir, 'kernel'),
    /** The layers of the product. */
    own: versionPaths(systemDir, name),
    /** The program of k3s or rke2, where the image brings it. */
    kubernetes: versionPaths(systemDir, kubernetes),
    /** What boots the system where the kernel and the root are another system's (mode `local`). */
    localBoot: `${systemDir}/boot`,
    /** Asks the next boot to grow the state partition to the end of its disk. */
    growMarker: `${systemDir}/growpart`,
    /** Asks the next boot to give the machine an identity of its own. */
    sealMarker: `${systemDir}/seal`,
    /** Asks the next boot to remove the system that was here before; holds what to do then, `reboot` or `poweroff`. */
    takeoverMarker: `${systemDir}/takeover`,
  }
}

const versionPaths = (systemDir: string, part: string): VersionPaths => ({
  directory: `${systemDir}/${part}`,
  current: `${systemDir}/${part}/current`,
  previous: `${systemDir}/${part}/previous`,
  of: (version) => `${systemDir}/${part}/${version}`,
})
