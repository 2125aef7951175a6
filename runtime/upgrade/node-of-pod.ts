import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'
import {readTrial, stateOfTrial} from './boot-trial.ts'
import type {Place} from './place.ts'

/**
 * Waits, in a job of the system-upgrade-controller, until the trial of a version that is installed has ended: the job's end is what lets the next
 * node begin. A version that fails reboots the node, and that ends the pod.
 *
 * Returns false if the version has not been booted at all, for example because the job was ended before.
 */
export function awaitTrial(
  host: Host,
  {
    place,
    id,
    identity,
    log,
  }: {readonly place: Place; readonly id: string; readonly identity: Identity; readonly log: (line: string) => void},
): boolean {
  const isOnTrial = () => readTrial(host, place)?.release === id
  const {kind} = stateOfTrial(host, place, identity)
  if (kind === 'none') return true
  if (kind === 'waiting') return false
  log(`${id} is on trial: waiting for its end.`)
  while (isOnTrial()) host.sleep(10_000)
  return true
}

/** Time in which a node goes down, with its pods: the service of the kubelet stops first. */
const shutdownMinutes = 15

/**
 * Waits for the end of the node, and so of this pod. A job that ended before would count as done, and the next node would begin while this one
 * boots.
 */
export function awaitReboot(host: Host): never {
  for (let minute = 0; minute < shutdownMinutes; minute++) host.sleep(60_000)
  throw new Error(`the node has not rebooted within ${shutdownMinutes} minutes`)
}
