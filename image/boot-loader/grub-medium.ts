import {grubFindBeside, kernelFiles, mediumIdPath, quoteGrubWord, serialTerminal} from '#layout'
import type {MediumMenuOptions} from './boot-loader.ts'

/**
 * The configuration built into GRUB: finds the medium of this build, first on the device that the firmware booted, and
 * loads its menu.
 */
export const mediumEarlyConfig = (id: string): string => {
  const path = mediumIdPath(id)
  return `${grubFindBeside(path, `search --no-floppy --set=root --file ${path}`)}set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
`
}

/**
 * The boot menu, shown both on screen and on the first serial line.
 *
 * Every entry passes the id of its medium to stage 0.
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
