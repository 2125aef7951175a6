import type {CommandContext} from '../cli/command-context.ts'
import {readTrial, writeTrial} from './boot-trial.ts'
import {adoptReleases, type InstalledRelease, readInstalled, switchRelease} from './installed.ts'
import {isWhole} from './part-copy.ts'
import {placeOf} from './place.ts'
import {runLocked} from './upgrade-lock.ts'

/** Prints the installed versions: which one boots, which one is kept, which one failed. */
export function versionsCommand({host, identity, print}: CommandContext): number {
  const place = placeOf(identity)
  const {current, previous, others} = readInstalled(host, place)
  const trial = readTrial(host, place)
  const render = (role: string, {id, parts, description, failure}: InstalledRelease) => {
    const details = [
      parts.kernel === undefined ? undefined : `kernel ${parts.kernel}`,
      parts.kubernetes === undefined ? undefined : `${identity.kubernetes} ${parts.kubernetes}`,
      description && `built ${description.date.slice(0, 10)}`,
      failure && `failed: ${failure}`,
      trial?.release === id ? `on trial, ${trial.boots} boots left` : undefined,
    ]
    print(`${role.padEnd(8)}  ${[id, ...details.filter((detail) => detail !== undefined)].join(', ')}`)
    const layers = description?.files.filter(({path}) => path.startsWith(`${identity.name}/`)) ?? []
    for (const {path, sha256} of layers) print(`          ${path} sha256:${sha256}`)
  }
  render('current', current)
  if (previous !== undefined) render('previous', previous)
  for (const other of others) render('', other)
  return 0
}

/** Makes the previous version the current one. */
export function rollbackCommand(context: CommandContext): number {
  const {host, identity, print} = context
  if ((host.lstat('/proc/self/status')?.uid ?? 0) !== 0) throw new Error('only root can go back: use sudo')
  const place = placeOf(identity)
  const program = `/usr/bin/${identity.name}`
  const status = runLocked(host, {program, argv: ['rollback'], locks: [place.lock]})
  if (status !== undefined) return status
  const {current, previous} = readInstalled(host, place)
  const refuse = (reason: string): never => {
    throw new Error(`${reason}: \`${identity.name} versions\` lists what is installed`)
  }
  if (previous === undefined) return refuse('there is no previous version')
  if (previous.failure !== undefined) return refuse(`${previous.id} has failed`)
  if (!isWhole(host, place, previous)) return refuse(`${previous.id} is damaged`)
  adoptReleases(host, place)
  if (readTrial(host, place) !== undefined) {
    // For as long as a trial is counted, the way back from it must not lead to the version on trial.
    switchRelease(host, place, {current: previous.id, previous: previous.id})
    writeTrial(host, place, undefined)
  }
  switchRelease(host, place, {current: previous.id, previous: current.id})
  print(`${previous.id} boots next, and ${current.id} is kept. Reboot to use it.`)
  return 0
}
