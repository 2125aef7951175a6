import type {Identity} from '#dsl'
import {bootEnvironmentPath, systemPaths} from '#layout'
import type {Host} from '../host/host.ts'

/** A node that is upgraded: this one, or the one whose root is mounted at a directory. */
export interface Place {
  /** Root of the node, without a slash at its end: empty for this one, `/host` in a pod. */
  readonly root: string
  readonly paths: ReturnType<typeof systemPaths>
  /** Where the state partition is mounted. */
  readonly stateMount: string
  /** GRUB's environment block. Where the boot loader is another system's, it is missing or belongs to that. */
  readonly bootEnvironment: string
  /** File with the mode in which the node was booted. */
  readonly mode: string
  /** File in memory with the release that an upgrade has put on trial since the node was booted. */
  readonly next: string
  /** File that is locked while versions are changed. */
  readonly lock: string
}

/** Whether our menu boots the node, and counts the boots of a trial: not if it boots with another system's kernel. */
export const hasOwnMenu = (host: Host, {bootEnvironment, mode}: Place): boolean =>
  host.lstat(bootEnvironment) !== undefined && host.read(mode)?.trim() !== 'local'

/** The place of a node. Throws if the directory of its versions is not that of the product. */
export function placeOf(identity: Identity, given: string = identity.systemDir): Place {
  const destination = given.replace(/\/+$/, '')
  if (!destination.endsWith(identity.systemDir))
    throw new Error(
      `--destination: ${destination} is not the system directory of ${identity.title}: give ${identity.systemDir}, or /host${identity.systemDir} in a container`,
    )
  const root = destination.slice(0, -identity.systemDir.length)
  const stateMount = `${root}${identity.runDir}/state`
  return {
    root,
    stateMount,
    paths: systemPaths({...identity, systemDir: destination}),
    bootEnvironment: `${stateMount}${bootEnvironmentPath}`,
    mode: `${root}${identity.runDir}/mode`,
    next: `${root}${identity.runDir}/next`,
    lock: `${root}${identity.runDir}/upgrade.lock`,
  }
}
