import type {Host} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {type Parts, readInstalled} from './installed.ts'
import type {Place} from './place.ts'

/**
 * Deletes every version that neither the current nor the previous release has, and what interrupted upgrades left.
 *
 * A release that failed keeps its directory of links, which says why, but not its files. `also` is kept: versions that are about to be used.
 */
export function pruneReleases(host: Host, place: Place, also: Partial<Parts> = {}): void {
  const {current, previous} = readInstalled(host, place)
  const used = [current.parts, previous?.parts ?? {}, also]
  const {release} = place.paths
  const doomed = (['own', 'kernel', 'kubernetes'] as const).flatMap((part) => {
    const {directory} = place.paths[part]
    const kept = [...used.map((parts) => (parts as Partial<Parts>)[part]), 'current', 'previous']
    return (host.list(directory) ?? []).filter((name) => !kept.includes(name)).map((name) => `${directory}/${name}`)
  })
  const unfinished = (host.list(release.directory) ?? [])
    .filter((name) => name.startsWith('.'))
    .map((name) => `${release.directory}/${name}`)
  for (const path of [...doomed, ...unfinished]) runOrThrow(host, ['rm', '-rf', path])
}
