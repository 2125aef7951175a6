import type {Identity} from '#dsl'
import {readBootEnvironment, renderBootEnvironment, type Trial, trialFile} from '#layout'
import type {Host} from '../host/host.ts'
import {readLink, runOrThrow} from '../host/run-or-throw.ts'
import {hasOwnMenu, type Place} from './place.ts'

/** The trial whose boots GRUB counts, or stage 0 where the boot loader is another system's; undefined if there is none. */
export const readTrial = (host: Host, place: Place): Trial | undefined =>
  hasOwnMenu(host, place)
    ? readBootEnvironment(host.read(place.bootEnvironment) ?? '')
    : trialFile.read(host.read(place.paths.trial) ?? '')

/** Starts or ends a trial. */
export function writeTrial(host: Host, place: Place, trial: Trial | undefined): void {
  if (hasOwnMenu(host, place)) writeBlock(host, place, trial)
  else writeFile(host, place, trial)
}

/** Overwrites the block where it lies: GRUB writes there too, and does not read the journal. */
function writeBlock(host: Host, {bootEnvironment}: Place, trial: Trial | undefined): void {
  const block = renderBootEnvironment(trial)
  if (host.read(bootEnvironment) === block) return
  runOrThrow(host, ['dd', `of=${bootEnvironment}`, 'bs=1024', 'conv=notrunc,fsync'], {stdin: block})
}

function writeFile(host: Host, {paths}: Place, trial: Trial | undefined): void {
  if (trial !== undefined) host.write(paths.trial, trialFile.render(trial))
  else if (host.lstat(paths.trial) !== undefined) host.remove(paths.trial)
  else return
  runOrThrow(host, ['sync'])
}

/** How far a trial is. */
export type TrialState =
  | {readonly kind: 'none'}
  /** The version boots next. */
  | {readonly kind: 'waiting'; readonly release: string}
  /** The version runs, and is not confirmed yet. */
  | {readonly kind: 'running'; readonly release: string}
  /** The previous version runs again, which is about to be kept. */
  | {readonly kind: 'going-back'; readonly release: string}

/** How far the trial of the current version is, by what stage 0 has noted of this boot. */
export function stateOfTrial(host: Host, place: Place, {runDir}: Identity): TrialState {
  const trial = readTrial(host, place)
  if (trial === undefined) return {kind: 'none'}
  const {release} = trial
  const noted = (name: string) => host.read(`${place.root}${runDir}/${name}`)?.trim()
  if (noted('fellback') === release) return {kind: 'going-back', release}
  // The upgrade was interrupted before the switch.
  if (readLink(host, place.paths.release.current)?.split('/').at(-1) !== release) return {kind: 'none'}
  return {kind: noted('trial') === undefined ? 'waiting' : 'running', release}
}
