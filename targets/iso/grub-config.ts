import type {PlannedImage} from '#image'
import {grubFindBeside, kernelFiles, mediumIdPath, quoteGrubWord, serialTerminal} from '#layout'

/** What is built into GRUB: find the medium of this build, that of the firmware before others, and go on with the menu that is on it. */
export const grubEarlyConfig = (id: string): string => {
  const path = mediumIdPath(id)
  return `${grubFindBeside(path, `search --no-floppy --set=root --file ${path}`)}set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
`
}

/**
 * The menu. Shown on screen and on the first serial line alike.
 *
 * Every entry tells stage 0 which medium it was read from. `kernel` leads to the files without links, which a medium of copied files lacks.
 */
export function grubConfig({spec, cmdline}: PlannedImage, kernel: string, id: string): string {
  const {entries, timeoutSeconds, default: chosen} = spec.boot
  const medium = `${spec.identity.cmdlinePrefix}medium=${id}`
  const menu = entries.map(
    ({title, arguments: own}) => `menuentry "${title}" {
  linux ${kernel}/${kernelFiles.kernel} ${[...cmdline, ...own, medium].map(quoteGrubWord).join(' ')}
  initrd ${kernel}/${kernelFiles.initrd}
}
`,
  )
  return `set default=${chosen}
set timeout=${timeoutSeconds}
${serialTerminal('0', '115200')}${menu.join('')}`
}
