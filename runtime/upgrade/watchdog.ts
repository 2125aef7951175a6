import type {Host} from '../host/host.ts'

/**
 * Stops the watchdog that stage 0 has started for a version on trial.
 *
 * Closing the device after the letter V stops it (Documentation/watchdog/watchdog-api.rst, "Magic Close"). Hardware watchdogs are others'.
 */
export function stopWatchdog(host: Host): void {
  for (const name of host.list('/sys/class/watchdog') ?? []) {
    const identity = host.read(`/sys/class/watchdog/${name}/identity`) ?? ''
    if (identity.startsWith('Software')) host.write(`/dev/${name}`, 'V', {inPlace: true})
  }
}
