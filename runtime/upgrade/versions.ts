import type {CommandContext} from '../cli/command-context.ts'
import {readTrial, writeTrial} from './boot-trial.ts'
import {adoptReleases, type InstalledRelease, readInstalled, switchRelease} from './installed.ts'
import {placeOf} from './place.ts'

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
export function rollbackCommand({host, identity, print, printError}: CommandContext): number {
  const place = placeOf(identity)
  const {current, previous} = readInstalled(host, place)
  if (previous === undefined || previous.failure !== undefined) {
    const reason = previous === undefined ? 'there is no previous version' : `${previous.id} has failed`
    printError(`${identity.name}: ${reason}: \`${identity.name} versions\` lists what is installed`)
    return 1
  }
  writeTrial(host, place, undefined)
  adoptReleases(host, place)
  switchRelease(host, place, {current: previous.id, previous: current.id})
  print(`${previous.id} boots next, and ${current.id} is kept. Reboot to use it.`)
  return 0
}
