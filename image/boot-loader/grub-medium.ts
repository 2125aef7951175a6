import {grubFindBeside, kernelFiles, mediumIdPath, quoteGrubWord, serialTerminal} from '#layout'
import type {MediumMenuOptions} from './boot-loader.ts'

/** What is built into GRUB: find the medium of this build, that of the firmware before others, and go on with the menu that is on it. */
export const mediumEarlyConfig = (id: string): string => {
  const path = mediumIdPath(id)
  return `${grubFindBeside(path, `search --no-floppy --set=root --file ${path}`)}set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
`
}

/**
 * The menu. Shown on screen and on the first serial line alike.
 *
 * Every entry tells stage 0 which medium it was read from.
 */
export function renderMediumMenu(options: MediumMenuOptions): string {
  const {identity, entries, timeoutSeconds, default: chosen, cmdline, kernelDirectory, id} = options
  const medium = `${identity.cmdlinePrefix}medium=${id}`
  const menu = entries.map(
    ({title, arguments: own}) => `menuentry "${title}" {
  linux ${kernelDirectory}/${kernelFiles.kernel} ${[...cmdline, ...own, medium].map(quoteGrubWord).join(' ')}
  initrd ${kernelDirectory}/${kernelFiles.initrd}
}
`,
  )
  return `set default=${chosen}
set timeout=${timeoutSeconds}
${serialTerminal('0', '115200')}${menu.join('')}`
}
