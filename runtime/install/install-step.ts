/** One thing that an installation does. Plain data: a plan can be shown before anything is written. */
export type InstallStep =
  /** Tells how far it is. */
  | {readonly kind: 'say'; readonly text: string}
  | ({
      readonly kind: 'run'
      readonly argv: readonly string[]
      readonly stdin?: string
      /** It continues if the program fails. */
      readonly mayFail?: true
      /** It only asks: a dry run asks too. */
      readonly asks?: true
      /** What to do when it fails, as one imperative sentence. */
      readonly hint?: string
    } & Undoable)
  | ({readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode: number} & Undoable)
  /** Takes the boot code out of a disk's first sector, so that the firmware passes the disk over. */
  | {readonly kind: 'remove-boot-code'; readonly disk: string}
  /** Writes GRUB for BIOS: first its core image, then, as the last thing of all, the boot code. */
  | {
      readonly kind: 'write-boot-code'
      readonly disk: string
      readonly bootImage: string
      readonly coreImage: string
      readonly startBytes: number
    }
  /** Puts the loader on a partition into the menu of a UEFI firmware. A firmware that refuses is not a failure: it finds the disk, or the user sets it. */
  | {
      readonly kind: 'boot-entry'
      readonly title: string
      readonly loader: string
      readonly device: string
      readonly sectorBytes: number
    }

interface Undoable {
  /** The program that takes it back, also where it was done in part. */
  readonly undo?: readonly string[]
}

export const say = (text: string): InstallStep => ({kind: 'say', text})

export const run = (...argv: readonly string[]): InstallStep => ({kind: 'run', argv})

/** A shell script with its arguments, and the script that takes it back, which gets the same. */
export const script = (text: string, args: readonly string[], undo?: string): InstallStep => ({
  kind: 'run',
  argv: ['sh', '-c', text, 'sh', ...args],
  ...(undo !== undefined && {undo: ['sh', '-c', undo, 'sh', ...args]}),
})

/** A step as a person would type it, or say it. */
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
      return `put ${step.loader} of ${step.device} into the firmware's menu as "${step.title}"`
  }
}
