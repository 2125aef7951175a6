import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'

/** A name for this process's scratch files in a store, unique to the process. */
export const workName = (label: string): string =>
  `${process.pid}-${bootStamp()}-${label}-${randomBytes(4).toString('hex')}`

/** Whether the process that gave a name is still running. */
export function belongsToLiving(name: string): boolean {
  const [pid = '', boot = ''] = name.split('-')
  return boot === bootStamp() && existsSync(`/proc/${pid}`)
}

/** Whether a process gave a name: other files there are not ours. */
export const isWorkName = (name: string): boolean => /^\d+-\w+-./.test(name)

/** The label of a name. */
export const labelOf = (name: string): string | undefined => /^\d+-\w+-(.+)-[0-9a-f]{8}$/.exec(name)?.[1]

/** Distinguishes processes of this boot from those of an earlier one: process ids are reused. */
export const bootStamp = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
  } catch {
    return 'boot'
  }
}
