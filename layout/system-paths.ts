import type {Identity} from '#dsl'

/** Paths of the versions of one part of a system: a directory for each version, and symlinks to those that boot. */
export interface VersionPaths {
  readonly directory: string
  /**
   * Symlink to the version that boots. Its target is only the version's name, so that it is valid below another root,
   * too.
   */
  readonly current: string
  /** Symlink to the version that booted before, if there was one. */
  readonly previous: string
  /** Directory of a version. */
  of(version: string): string
}

/** Files of a version of the kernel, by name. */
export const kernelFiles = {kernel: 'vmlinuz', initrd: 'initrd', modules: 'modules.squashfs'} as const

/** File of a system version that lists its layers, the lowest first, one per line. */
export const layerList = 'layers'

/** Menu of GRUB, from the root of a medium or of a state partition. */
export const menuPath = '/boot/grub/grub.cfg'

/** Files of a network boot directory. */
export const networkBootFiles = {script: 'boot.ipxe', kernel: 'vmlinuz', initrd: 'initrd'} as const

/**
 * Absolute paths below the system directory: the same on a medium, on a disk and on the node. Pure.
 *
 * The build writes that directory, stage 0 mounts it (in shell, runtime/stage0), the installer copies it, and remaster
 * reads it.
 */
export function systemPaths({systemDir, name, kubernetes}: Pick<Identity, 'systemDir' | 'name' | 'kubernetes'>) {
  return {
    /** The config of the image, the installer or a remaster (mode 0600: it may contain secrets). */
    config: `${systemDir}/config.yaml`,
    /** The configs of many nodes, of which each machine adds its own (mode 0600); may be empty. */
    nodes: `${systemDir}/nodes`,
    /**
     * Releases of an upgraded system: a directory of symlinks each, one to the version of each part. The link `current` decides
     * what boots; the parts' own links lead through it, so that one rename switches all of them.
     */
    release: {
      directory: `${systemDir}/releases`,
      current: `${systemDir}/current`,
      previous: `${systemDir}/previous`,
      of: (id: string) => `${systemDir}/releases/${id}`,
    } satisfies VersionPaths,
    kernel: versionPaths(systemDir, 'kernel'),
    /** The layers of the product. */
    own: versionPaths(systemDir, name),
    /** The program of k3s or rke2, if the image contains it. */
    kubernetes: versionPaths(systemDir, kubernetes),
    /** Files that boot the system with another system's kernel and root (mode `local`). */
    localBoot: `${systemDir}/boot`,
    /** The trial of a version where GRUB does not count its boots. */
    trial: `${systemDir}/trial`,
    /** Asks the next boot to grow the state partition to the end of its disk. */
    growMarker: `${systemDir}/growpart`,
    /** Asks the next boot to give the machine a new identity. */
    sealMarker: `${systemDir}/seal`,
    /** Asks the next boot to delete the former system; contains what to do afterwards, `reboot` or `poweroff`. */
    takeoverMarker: `${systemDir}/takeover`,
  }
}

const versionPaths = (systemDir: string, part: string): VersionPaths => ({
  directory: `${systemDir}/${part}`,
  current: `${systemDir}/${part}/current`,
  previous: `${systemDir}/${part}/previous`,
  of: (version) => `${systemDir}/${part}/${version}`,
})
