import type {BootCode} from './boot-loader/boot-code.ts'

/** A step of an installation. Plain data, so that a plan can be shown before anything is written. */
export type InstallStep =
  /** Reports progress. */
  | {readonly kind: 'say'; readonly text: string}
  | ({
      readonly kind: 'run'
      readonly argv: readonly string[]
      readonly stdin?: string
      /** Added to the environment of the program. */
      readonly env?: Readonly<Record<string, string>>
      /** The installation continues if the program fails. */
      readonly mayFail?: true
      /** The program only checks, so a dry run runs it too. */
      readonly asks?: true
      /** What to do when it fails, as one imperative sentence. */
      readonly hint?: string
    } & Undoable)
  | ({readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode: number} & Undoable)
  /** Removes the boot code from the first sector of a disk, so that the firmware skips the disk. */
  | {readonly kind: 'remove-boot-code'; readonly disk: string}
  /** Writes GRUB for BIOS: first its core image, and the boot code last. */
  | ({readonly kind: 'write-boot-code'} & BootCode)
  /**
   * Adds a boot entry for the loader on a partition to the UEFI firmware. It is not a failure if the firmware refuses:
   * it finds the disk itself, or the user selects it.
   */
  | {
      readonly kind: 'boot-entry'
      readonly title: string
      readonly loader: string
      readonly device: string
      readonly sectorBytes: number
    }

interface Undoable {
  /** The program that undoes the step, even if it was only partly done. */
  readonly undo?: readonly string[]
}

export const say = (text: string): InstallStep => ({kind: 'say', text})

export const run = (...argv: readonly string[]): InstallStep => ({kind: 'run', argv})

/** A shell script with its arguments, and the script that undoes it, which gets the same arguments. */
export const script = (text: string, args: readonly string[], undo?: string): InstallStep => ({
  kind: 'run',
  argv: ['sh', '-c', text, 'sh', ...args],
  ...(undo !== undefined && {undo: ['sh', '-c', undo, 'sh', ...args]}),
})

/** A step in one line: as a command if it is one, otherwise in words. */
/** Waits until udev has made a node. A program that formats would also format a file of that name, in memory. */
export const waitForDevice = (device: string, more: {readonly mayFail?: true} = {}): InstallStep => ({
  kind: 'run',
  argv: [
    ...['sh', '-c', 'for _ in 1 2 3 4 5 6 7 8 9; do [ -e "$1" ] && break; sleep 1; done; [ -b "$1" ]'],
    ...['sh', device],
  ],
  hint: `${device} is no device: unplug the disk, or restart, and try again.`,
  ...more,
})

export function renderStep(step: InstallStep): string {
  switch (step.kind) {
    case 'say':
      return `# ${step.text}`
    case 'run':
      return step.argv.join(' ')
    case 'write':
      return `write ${step.path} (${step.mode.toString(8).padStart(4, '0')}, ${step.text.length} characters)`
    case 'remove-boot-code':
      return `remove the boot code of ${step.disk}`
    case 'write-boot-code':
      return `write ${step.coreImage} to ${step.disk} at byte ${step.startBytes}, and ${step.bootImage} to its first sector`
    case 'boot-entry':
      return `add ${step.loader} of ${step.device} to the firmware's boot menu as "${step.title}"`
  }
}
