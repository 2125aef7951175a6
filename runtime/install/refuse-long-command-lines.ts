import {archOfLoaders, commandLineBytes, commandLineLimit, type DiskMenuOptions, diskCommandLines} from '#layout'

/**
 * Throws if a kernel command line of the installed system is too long: the kernel would cut off its end.
 *
 * `efiLoader` is the name of the image's UEFI loader, which tells the architecture: kernels for arm accept half as much.
 */
export function refuseLongCommandLines(menu: DiskMenuOptions, efiLoader: string | undefined): void {
  const limit = commandLineLimit[archOfLoaders(efiLoader === undefined ? [] : [efiLoader]) ?? 'amd64']
  for (const {label, line} of diskCommandLines(menu)) {
    const bytes = commandLineBytes(line)
    if (bytes <= limit) continue
    throw new Error(
      `the command line of the menu entry ${label} would be ${bytes} bytes, and the kernel accepts ${limit}`,
    )
  }
}
