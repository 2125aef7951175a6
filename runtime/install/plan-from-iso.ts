import {type Identity, redactUrl} from '#dsl'
import {diskBootPaths, layOutDisk} from '#layout'
import type {InstallSettings} from './install-flags.ts'
import {type InstallStep, run, say} from './install-step.ts'
import type {InstallPlace} from './plan-install.ts'

/** Where the config waits for the installer of the ISO, which reads it as root. */
export const givenConfig = '/run/install/config.yaml'

export interface IsoRequest {
  readonly identity: Identity
  /** A running root is never taken over this way: users of `install.sh` have an ISO. */
  readonly place: Exclude<InstallPlace, {kind: 'takeover'}>
  /** Text of the installed config.yaml. */
  readonly config: string
  readonly settings: InstallSettings
  /** URL of the ISO. */
  readonly iso: string
}

/**
 * The steps of an installation whose system is on an ISO elsewhere: `install.sh` of the image fetches it, and runs the installer that is inside it.
 *
 * That one may be newer than this, and knows best what belongs to its system. Pure. Fails with INPUT_INVALID where no system fits the disk.
 */
export function planFromIso({identity, place, config, settings, iso}: IsoRequest): InstallStep[] {
  const {force_efi, tty, debug, partition_table} = settings
  // What the installer on the ISO would refuse, before anything is fetched.
  if (place.kind === 'disk') layOutDisk({identity, disk: place.disk.path, ...place.disk, table: place.table})
  const device = place.kind === 'disk' ? place.disk.path : place.partition.state.path
  const flags = [
    '--stay',
    `--config=${givenConfig}`,
    ...(place.kind === 'disk' ? [] : ['--no-format']),
    ...(force_efi ? ['--force-efi'] : []),
    ...(tty ? [`--tty=${tty}`] : []),
    ...(partition_table ? [`--partition-table=${partition_table}`] : []),
    ...(debug ? ['--debug'] : []),
  ]
  return [
    {kind: 'write', path: givenConfig, text: config, mode: 0o600},
    say(`Installing from ${redactUrl(iso)}`),
    run('sh', diskBootPaths(identity).installScript, ...flags, device, iso),
    say(`The system of ${redactUrl(iso)} is installed on ${device}`),
  ]
}
