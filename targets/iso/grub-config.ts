import type {PlannedImage} from '#image'
import {kernelFiles, quoteGrubWord, serialTerminal} from '#layout'

/** What is built into GRUB: find the disc by its label, go on with the menu that is on it. */
export const grubEarlyConfig = (volume: string): string => `search --no-floppy --set=root --label ${volume}
set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
`

/** The menu. Shown on screen and on the first serial line alike. */
export function grubConfig({spec, cmdline}: PlannedImage, kernel: string): string {
  const {entries, timeoutSeconds, default: chosen} = spec.boot
  const menu = entries.map(
    ({title, arguments: own}) => `menuentry "${title}" {
  linux ${kernel}/${kernelFiles.kernel} ${[...cmdline, ...own].map(quoteGrubWord).join(' ')}
  initrd ${kernel}/${kernelFiles.initrd}
}
`,
  )
  return `set default=${chosen}
set timeout=${timeoutSeconds}
${serialTerminal('0', '115200')}${menu.join('')}`
}
