import * as z from 'zod/mini'
import type {Identity} from '#dsl'
import {kernelFiles, systemPaths} from './system-paths.ts'

/** What an image says about booting it from a disk: written by the build, read by the installer. */
export const DiskBoot = z.strictObject({
  /** Kernel parameters of every boot. */
  cmdline: z.array(z.string()),
  timeoutSeconds: z.number(),
})
export type DiskBoot = z.output<typeof DiskBoot>

/** Where an image keeps its {@link DiskBoot} and the loaders for a disk. */
export const diskBootPaths = ({name}: Pick<Identity, 'name'>) => {
  const directory = `/usr/lib/${name}/boot`
  return {
    settings: `${directory}/boot.json`,
    bootImage: `${directory}/boot.img`,
    coreImage: `${directory}/core.img`,
    /** A directory with one loader, under the name that firmware looks for (UEFI specification 3.5.1.1). */
    efiDirectory: `${directory}/efi`,
    /** Installs from an ISO. */
    installScript: `${directory}/install.sh`,
  }
}

/**
 * What is built into a disk's GRUB: find the state partition, of this disk rather than of another, and go on with its menu.
 *
 * Where there is none, the firmware goes on with its next device.
 */
export const diskEarlyConfig = ({stateLabel}: Pick<Identity, 'stateLabel'>): string =>
  `regexp --set=1:disk '^[(]?([^,)]+)' $cmdpath
search --no-floppy --set=root --hint $disk,gpt3 --hint $disk,msdos2 --label ${stateLabel}
set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
exit
`

export interface DiskMenuOptions {
  readonly identity: Identity
  readonly boot: DiskBoot
  /** Words for the consoles, in order: the last one is /dev/console. Replaces those of the image. */
  readonly consoles: readonly string[]
  /** All messages, also later ones. */
  readonly debug: boolean
}

/**
 * The menu of an installed system. Pure.
 *
 * Versions are chosen by the links `current` and `previous`, so an upgrade need not write it again. `root=` names the file system
 * that GRUB itself reads: another disk may have the same label.
 */
export function renderDiskMenu({identity, boot, consoles, debug}: DiskMenuOptions): string {
  const {title, cmdlinePrefix} = identity
  const others = boot.cmdline.filter((word) => !word.startsWith('console='))
  const common = ['root=UUID=$uuid', `${cmdlinePrefix}mode=disk`, ...[...consoles, ...others].map(quoteGrubWord)]
  const {kernel, own} = systemPaths(identity)
  const place = `${kernel.directory}/$kernel`
  const entry = (label: string, version: 'current' | 'previous', words: readonly string[]) =>
    `menuentry "${title} ${label}" {
  set kernel=${version}
  if [ ! -e ${place}/${kernelFiles.kernel} ]; then set kernel=current; fi
  linux ${place}/${kernelFiles.kernel} ${[...common, ...words].join(' ')}
  initrd ${place}/${kernelFiles.initrd}
}
`
  const previous = [`${cmdlinePrefix}system=previous`]
  const usual = debug ? [`${cmdlinePrefix}debug`] : ['quiet']
  return `set default=0
set timeout=${boot.timeoutSeconds}
probe --set=uuid --fs-uuid $root
${serialTerminals(consoles)}${entry('Current', 'current', usual)}${entry('Rescue (current)', 'current', ['rescue'])}if [ -e ${own.previous} -o -e ${kernel.previous} ]; then
${entry('Previous', 'previous', [...previous, ...usual])}${entry('Rescue (previous)', 'previous', [...previous, 'rescue'])}fi
`
}

/** Writes a word so that GRUB reads it as it is (GRUB manual, "Quoting"), where it has no quote itself. */
export const quoteGrubWord = (word: string): string => (/^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word}'`)

/** GRUB shows its menu where the kernel will speak. */
function serialTerminals(consoles: readonly string[]): string {
  const [, unit, speed = '9600'] =
    consoles.map((word) => /^console=ttyS(\d+)(?:,(\d+))?/.exec(word)).findLast((found) => found !== null) ?? []
  return unit === undefined ? '' : serialTerminal(unit, speed)
}

/** Commands by which GRUB shows its menu on a serial line (ttyS0 is unit 0) as well as on the screen. */
export const serialTerminal = (unit: string, speed: string): string =>
  `serial --unit=${unit} --speed=${speed}\nterminal_input --append serial\nterminal_output --append serial\n`
