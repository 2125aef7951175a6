import type {Host} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {type Parts, readInstalled} from './installed.ts'
import {unfinishedName} from './part-copy.ts'
import type {Place} from './place.ts'

/** Beginning of the name of a file that is fetched, below the directory of the releases. */
export const downloadPrefix = '.download-'

/** Whether the name of a download is that of a layer of an image. */
export const isLayerDownload = (name: string): boolean => /^[0-9a-f]{64}$/.test(name.slice(downloadPrefix.length))

/** Deletes downloads that were interrupted and are not to be resumed: they would take the space of the previous version. */
export function dropDownloads(host: Host, {paths: {release}}: Place, isKept: (name: string) => boolean): void {
  for (const name of host.list(release.directory) ?? [])
    if (name.startsWith(downloadPrefix) && !isKept(name))
      runOrThrow(host, ['rm', '-rf', `${release.directory}/${name}`])
}

/**
 * Deletes every version that neither the current nor the previous release has, and what interrupted upgrades left.
 *
 * A release that failed keeps its directory of links, which says why, but not its files. `also` is kept: versions that an upgrade is about
 * to use, complete or not, and what it fetches.
 */
export function pruneReleases(host: Host, place: Place, also?: Partial<Parts>): void {
  const {current, previous} = readInstalled(host, place)
  const used: readonly Partial<Parts>[] = [current.parts, previous?.parts ?? {}, also ?? {}]
  const {release} = place.paths
  const doomed = (['own', 'kernel', 'kubernetes'] as const).flatMap((part) => {
    const {directory} = place.paths[part]
    const kept = [...used.map((parts) => parts[part]), unfinishedName(also?.[part] ?? ''), 'current', 'previous']
    return (host.list(directory) ?? []).filter((name) => !kept.includes(name)).map((name) => `${directory}/${name}`)
  })
  const unfinished = (host.list(release.directory) ?? [])
    .filter((name) => name.startsWith('.') && !(also !== undefined && name.startsWith(downloadPrefix)))
    .map((name) => `${release.directory}/${name}`)
  for (const path of [...doomed, ...unfinished]) runOrThrow(host, ['rm', '-rf', path])
}
