import * as z from 'zod/mini'
import type {Identity} from '#dsl'
import {bootEnvironmentPath, maxTrialBoots} from './boot-environment.ts'
import {grubCommandLine} from './command-line.ts'
import {kernelFiles, systemPaths} from './system-paths.ts'

/** Boot settings of an image on a disk, written by the build and read by the installer. */
export const DiskBoot = z.strictObject({
  /** Kernel parameters of every boot. */
  cmdline: z.array(z.string()),
  timeoutSeconds: z.number(),
})
export type DiskBoot = z.output<typeof DiskBoot>

/** Paths of an image's {@link DiskBoot} and of the loaders for a disk. */
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
 * Commands for GRUB's built-in configuration: set `$root` to the device that contains a file or directory, and `$found`
 * if there is one. Pure.
 *
 * GRUB starts with `$root` set to the device that the firmware booted; `$cmdpath` is empty in Debian's builds. That
 * device comes first, then the partitions of its disk, because another disk or medium may contain another build of the
 * same product. `otherwise` runs if none of them has the path. The built-in configuration has no loops, hence `eval`.
 */
export const grubFindBeside = (path: string, otherwise: string): string =>
  `regexp --set=1:disk '^([^,]+)' $root
eval 'for at in ($root) ($disk) ($disk,*); do if [ -z "$found" -a -e "$at${path}" ]; then set found="$at"; fi; done'
eval 'if [ -n "$found" ]; then regexp --set=1:root "^.([^)]+)" "$found"; else ${otherwise}; fi'
`

/**
 * The configuration built into a disk's GRUB: finds the system on the disk that the firmware booted, and loads its
 * menu.
 *
 * The label is the fallback for a firmware that reports another disk than it reads. Without a system, GRUB exits, and
 * the firmware continues with its next device.
 */
export const diskEarlyConfig = ({
  stateLabel,
  name,
  systemDir,
}: Pick<Identity, 'stateLabel' | 'name' | 'systemDir'>): string =>
  `${grubFindBeside(`${systemDir}/${name}`, searchCommand(stateLabel))}set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
exit
`

/** Whether a UEFI loader is one of the product: GRUB contains that configuration as it is, unlike for BIOS. */
export function isDiskLoader(loader: Uint8Array, {stateLabel}: Pick<Identity, 'stateLabel'>): boolean {
  const wanted = Uint8Array.from(searchCommand(stateLabel), (character) => character.charCodeAt(0))
  for (let at = loader.indexOf(wanted[0] ?? 0); at >= 0; at = loader.indexOf(wanted[0] ?? 0, at + 1))
    if (wanted.every((byte, index) => loader[at + index] === byte)) return true
  return false
}

const searchCommand = (stateLabel: string): string => `search --no-floppy --set=root --label ${stateLabel}`

export interface DiskMenuOptions {
  readonly identity: Identity
  readonly boot: DiskBoot
  /** Words for the consoles, in order: the last one is /dev/console. Replaces those of the image. */
  readonly consoles: readonly string[]
  /** All kernel messages, also later ones. */
  readonly debug: boolean
}

/**
 * The menu of an installed system. Pure.
 *
 * The symlinks `current` and `previous` select the versions, so an upgrade need not rewrite the menu. `root=` names the
 * file system that GRUB itself reads: another disk may have the same label.
 */
export function renderDiskMenu(options: DiskMenuOptions): string {
  const {identity, boot, consoles} = options
  const {systemDir} = identity
  const {kernel, own} = systemPaths(identity)
  const place = `${kernel.directory}/$kernel`
  const render = ({label, version, words, own: entryWords, id}: DiskEntry) =>
    `menuentry "${identity.title} ${label}"${id === undefined ? '' : ` --id ${id}`} {
  set kernel=${version}
  if [ ! -e ${place}/${kernelFiles.kernel} ]; then set kernel=${version === 'current' ? 'previous' : 'current'}; fi
  set entry="${entryWords.join(' ')}${id === undefined ? '' : ' $trial_words'}"
  if [ -e ${systemDir}/$kernel/${bootCommandsFile} ]; then
    source ${systemDir}/$kernel/${bootCommandsFile}
  else
    linux ${place}/${kernelFiles.kernel} ${['root=UUID=$uuid', ...words.map(quoteGrubWord), '$entry'].join(' ')}
  fi
  initrd ${place}/${kernelFiles.initrd}
}
`
  const entriesOf = (version: DiskEntry['version']) =>
    diskEntries(options)
      .filter((entry) => entry.version === version)
      .map(render)
      .join('')
  return `set default=0
set timeout=${boot.timeoutSeconds}
probe --set=uuid --fs-uuid $root
${trialCommands(identity)}${serialTerminals(consoles)}${entriesOf('current')}if [ -e ${own.previous} -o -e ${kernel.previous} ]; then
${entriesOf('previous')}fi
`
}

/** Place of the previous version in the menu: GRUB's `fallback` takes a number, unlike `default`. */
const previousIndex = 2

/**
 * Commands that count the boots of a version on trial, and choose the previous one once none is left. Pure.
 *
 * GRUB cannot calculate, hence a branch for each digit. Where the count cannot be written, the trial is over: it would never end.
 * A kernel on trial that panics reboots, instead of waiting for somebody.
 */
const trialCommands = ({cmdlinePrefix}: Identity): string => `set env=($root)${bootEnvironmentPath}
set trial=
set trial_words=
if [ -e $env ]; then load_env --file $env trial boots minutes; fi
if [ -n "$trial" ]; then
  set left=
  ${Array.from({length: maxTrialBoots}, (_, index) => `if [ "$boots" = ${index + 1} ]; then set left=${index}; fi`).join('\n  ')}
  set default=previous
  set trial_words=${cmdlinePrefix}fellback=$trial
  if [ -n "$left" ]; then
    set boots=$left
    if save_env --file $env trial boots minutes; then
      set default=current
      set fallback=${previousIndex}
      set trial_words="${cmdlinePrefix}trial=$minutes panic=10 oops=panic"
    fi
  fi
fi
`

/** The command line that GRUB passes to the kernel for each entry of that menu, with its label. Pure. */
export const diskCommandLines = (options: DiskMenuOptions): {readonly label: string; readonly line: string}[] =>
  diskEntries(options).map(({label, words, own, id}) => {
    const kernel = `${systemPaths(options.identity).kernel.directory}/$kernel/${kernelFiles.kernel}`
    // The longest that a trial adds.
    const trial = id === undefined ? [] : [`${options.identity.cmdlinePrefix}trial=1000 panic=10 oops=panic`]
    return {label, line: grubCommandLine(kernel, ['root=UUID=$uuid', ...words, ...own, ...trial])}
  })

interface DiskEntry {
  readonly label: string
  readonly version: 'current' | 'previous'
  /** By which the menu's own commands choose it. */
  readonly id?: string
  /** Arguments after `root=` that all entries have. */
  readonly words: readonly string[]
  /** Those of this entry: plain words, which GRUB splits at blanks. */
  readonly own: readonly string[]
}

function diskEntries({identity: {cmdlinePrefix}, boot, consoles, debug}: DiskMenuOptions): DiskEntry[] {
  const words = commonWords({cmdlinePrefix, boot, consoles})
  const usual = debug ? `${cmdlinePrefix}debug` : 'quiet'
  const previous = `${cmdlinePrefix}system=previous`
  return [
    {label: 'Current', version: 'current', id: 'current', words, own: [usual]},
    {label: 'Rescue (current)', version: 'current', words, own: ['rescue']},
    {label: 'Previous', version: 'previous', id: 'previous', words, own: [previous, usual]},
    {label: 'Rescue (previous)', version: 'previous', words, own: [previous, 'rescue']},
  ]
}

/** Words of every entry. */
const commonWords = ({
  cmdlinePrefix,
  boot,
  consoles,
}: {
  readonly cmdlinePrefix: string
  readonly boot: DiskBoot
  readonly consoles: readonly string[]
}): string[] => [
  `${cmdlinePrefix}mode=disk`,
  ...consoles,
  ...boot.cmdline.filter((word) => !word.startsWith('console=')),
]

/** File of a release with the commands that load its kernel, where its arguments are not those of the menu. */
export const bootCommandsFile = 'boot.cfg'

/** The commands of such a file, which the menu reads with `$kernel`, `$uuid` and `$entry` set. Pure. */
export const renderBootCommands = ({
  identity,
  boot,
  consoles,
}: Pick<DiskMenuOptions, 'identity' | 'boot' | 'consoles'>): string => {
  const words = commonWords({cmdlinePrefix: identity.cmdlinePrefix, boot, consoles}).map(quoteGrubWord)
  return `linux ${systemPaths(identity).kernel.directory}/$kernel/${kernelFiles.kernel} root=UUID=$uuid ${words.join(' ')} $entry\n`
}

/** Quotes a word so that GRUB reads it literally (GRUB manual, "Quoting"). The word must not contain a single quote. */
export const quoteGrubWord = (word: string): string => (/^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word}'`)

/** GRUB shows its menu on the kernel's consoles. */
function serialTerminals(consoles: readonly string[]): string {
  const [, unit, speed = '9600'] =
    consoles.map((word) => /^console=ttyS(\d+)(?:,(\d+))?/.exec(word)).findLast((found) => found !== null) ?? []
  return unit === undefined ? '' : serialTerminal(unit, speed)
}

/** Commands with which GRUB shows its menu on a serial line (ttyS0 is unit 0) as well as on the screen. */
export const serialTerminal = (unit: string, speed: string): string =>
  `serial --unit=${unit} --speed=${speed}\nterminal_input --append serial\nterminal_output --append serial\n`
