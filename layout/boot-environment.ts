/** Environment block of GRUB on a state partition, from its root. GRUB and the node overwrite it in place. */
export const bootEnvironmentPath = '/boot/grub/grubenv'

/** A version on trial: GRUB boots it a number of times, and the previous one after that. */
export interface Trial {
  /** Directory of the version below `releases/`. */
  readonly release: string
  /** Boots that are left, 0 to 9. */
  readonly boots: number
  /** Minutes that each boot has to prove itself. */
  readonly minutes: number
}

/** Most boots of a trial: GRUB, which cannot calculate, counts one digit. */
export const maxTrialBoots = 9

const sizeBytes = 1024
const header = '# GRUB Environment Block\n'

/**
 * The whole block, 1024 bytes (GRUB manual, "Environment block"). Throws a RangeError if the trial does not fit into the first sector.
 *
 * Everything is in the first 512 bytes, which a disk writes whole or not at all, so a power cut leaves the old block or the new one.
 */
export function renderBootEnvironment(trial: Trial | undefined): string {
  const {release, boots, minutes} = trial ?? {release: '', boots: 0, minutes: 0}
  const text = `${header}trial=${release}\nboots=${boots}\nminutes=${minutes}\n`
  if (text.length > 512 || !/^[\w.+~-]*$/.test(release) || boots > maxTrialBoots)
    throw new RangeError(`no boot environment can hold a trial of ${boots} boots of ${JSON.stringify(release)}`)
  return text.padEnd(sizeBytes, '#')
}

/** The trial in a block; undefined if there is none, or if the block is damaged. */
export function readBootEnvironment(block: string): Trial | undefined {
  if (!block.startsWith(header)) return undefined
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? ''
  const release = value('trial')
  return release === '' ? undefined : {release, boots: Number(value('boots')), minutes: Number(value('minutes'))}
}

/**
 * The file in which stage 0 counts the boots of a trial where GRUB does not: one line of the version, the boots that are left, and the
 * minutes of each.
 */
export const trialFile = {
  render: ({release, boots, minutes}: Trial): string => `${release} ${boots} ${minutes}\n`,
  /** The trial in a file; undefined if there is none, or if the file is damaged. */
  read(text: string): Trial | undefined {
    const [, release, boots, minutes] = /^(\S+) (\d) (\d+)\n$/.exec(text) ?? []
    return release === undefined ? undefined : {release, boots: Number(boots), minutes: Number(minutes)}
  },
}
