import {type Identity, redactUrl} from '#dsl'
import {diskBootPaths, layOutDisk} from '#layout'
import {curlEnvironment} from '../fetch/curl-options.ts'
import type {InstallSettings} from './install-flags.ts'
import {type InstallStep, say} from './install-step.ts'
import type {InstallTarget} from './plan-install.ts'

/** Path of the config for the installer of the ISO, readable by root only. */
export const givenConfig = '/run/install/config.yaml'

export interface IsoRequest {
  readonly identity: Identity
  /** A takeover is not possible this way: `install.sh` starts it, which has an ISO already. */
  readonly target: Exclude<InstallTarget, {kind: 'takeover'}>
  /** Text of the installed config.yaml. */
  readonly config: string
  readonly settings: InstallSettings
  /** URL of the ISO. */
  readonly iso: string
  /** Variables for the program that fetches it: those of a proxy. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * The steps of an installation from an ISO at a URL: `install.sh` of the image fetches the ISO, and runs the installer
 * inside it.
 *
 * That installer may be newer than this one, and matches its system. Pure. Fails with INPUT_INVALID if no system fits
 * the disk.
 */
export function planFromIso({identity, target, config, settings, iso, env}: IsoRequest): InstallStep[] {
  const {force_efi, tty, debug, partition_table} = settings
  // Refuses what the installer of the ISO would refuse, before anything is fetched.
  if (target.kind === 'disk') layOutDisk({identity, disk: target.disk.path, ...target.disk, table: target.table})
  const device = target.kind === 'disk' ? target.disk.path : target.partition.state.path
  const flags = [
    '--stay',
    `--config=${givenConfig}`,
    ...(target.kind === 'disk' ? [] : ['--no-format']),
    ...(force_efi ? ['--force-efi'] : []),
    ...(tty ? [`--tty=${tty}`] : []),
    ...(partition_table ? [`--partition-table=${partition_table}`] : []),
    ...(debug ? ['--debug'] : []),
  ]
  return [
    {kind: 'write', path: givenConfig, text: config, mode: 0o600},
    say(`Installing from ${redactUrl(iso)}`),
    {
      kind: 'run',
      argv: ['sh', diskBootPaths(identity).installScript, ...flags, device, iso],
      env: curlEnvironment(env),
    },
    say(`The system of ${redactUrl(iso)} is installed on ${device}`),
  ]
}
