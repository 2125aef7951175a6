import type {Identity} from '#dsl'
import {bootEnvironmentPath, systemPaths} from '#layout'

/** A node that is upgraded: this one, or the one whose root is mounted at a directory. */
export interface Place {
  /** Root of the node, without a slash at its end: empty for this one, `/host` in a pod. */
  readonly root: string
  readonly paths: ReturnType<typeof systemPaths>
  /** Where the state partition is mounted. */
  readonly stateMount: string
  /** GRUB's environment block. Missing where the boot loader is another system's. */
  readonly bootEnvironment: string
}

/** The place of a node. Throws if the directory of its versions is not that of the product. */
export function placeOf(identity: Identity, destination: string = identity.systemDir): Place {
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
  }
}
