import {commandLineBytes, commandLineLimit, type DiskMenuOptions, diskCommandLines} from '#layout'

/** The installed system would miss the end of what is too long for its kernel. Throws where that is so. */
export function refuseLongCommandLines(menu: DiskMenuOptions): void {
  for (const {label, line} of diskCommandLines(menu)) {
    const [bytes, limit] = [commandLineBytes(line), commandLineLimit.amd64]
    if (bytes <= limit) continue
    throw new Error(
      `the command line of the menu entry ${label} would have ${bytes} bytes, and a kernel takes ${limit}`,
    )
  }
}
