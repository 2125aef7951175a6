import {commandLineBytes, commandLineLimit, type DiskMenuOptions, diskCommandLines} from '#layout'

/** Throws if a kernel command line of the installed system is too long: the kernel would cut off its end. */
export function refuseLongCommandLines(menu: DiskMenuOptions): void {
  for (const {label, line} of diskCommandLines(menu)) {
    const [bytes, limit] = [commandLineBytes(line), commandLineLimit.amd64]
    if (bytes <= limit) continue
    throw new Error(
      `the command line of the menu entry ${label} would be ${bytes} bytes, and the kernel accepts ${limit}`,
    )
  }
}
