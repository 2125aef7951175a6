import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'

/** A name for what this process has at work in a store. No other process gives the same. */
export const workName = (label: string): string =>
  `${process.pid}-${bootStamp()}-${label}-${randomBytes(4).toString('hex')}`

/** Tells whether the process that gave a name is still there. */
export function belongsToLiving(name: string): boolean {
  const [pid = '', boot = ''] = name.split('-')
  return boot === bootStamp() && existsSync(`/proc/${pid}`)
}

/** Whether a name is one that a process gave: what else lies there is somebody's. */
export const isWorkName = (name: string): boolean => /^\d+-\w+-./.test(name)

/** The label of a name. */
export const labelOf = (name: string): string | undefined => /^\d+-\w+-(.+)-[0-9a-f]{8}$/.exec(name)?.[1]

/** Tells processes of this boot from those of an earlier one: process ids come again. */
const bootStamp = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
  } catch {
    return 'boot'
  }
}
