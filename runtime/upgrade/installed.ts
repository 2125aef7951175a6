import {Release, releaseFile} from '#layout'
import {checkpoint} from '../host/checkpoint.ts'
import type {Host} from '../host/host.ts'
import {readLink, replaceLink, runOrThrow} from '../host/run-or-throw.ts'
import {hasOwnMenu, type Place} from './place.ts'

/** Versions of the parts of a release, by the names of their directories. */
export interface Parts {
  readonly own: string
  /** Missing on a system that boots with another system's kernel. */
  readonly kernel?: string | undefined
  /** Missing if no version of k3s or rke2 was ever installed. */
  readonly kubernetes?: string | undefined
}

export interface InstalledRelease {
  /** Name of its directory below `releases/`. */
  readonly id: string
  readonly parts: Parts
  /** Missing for a system of an image that did not describe its release. */
  readonly description?: Release | undefined
  /** Why it is not booted any more. */
  readonly failure?: string | undefined
}

export interface Installed {
  readonly current: InstalledRelease
  readonly previous?: InstalledRelease | undefined
  /** All others, for example one that failed. */
  readonly others: readonly InstalledRelease[]
}

/** File of a release that says why it failed. */
export const failureFile = 'failure'

const partNames = ['own', 'kernel', 'kubernetes'] as const

/** Reads what is installed. Throws if there is no complete system. */
export function readInstalled(host: Host, place: Place): Installed {
  const {release} = place.paths
  const currentId = readLink(host, release.current)?.split('/').at(-1)
  const previousId = readLink(host, release.previous)?.split('/').at(-1)
  if (currentId === undefined) return readParts(host, place)
  const read = (id: string) => readRelease(host, place, id)
  const current = read(currentId)
  if (current === undefined) throw new Error(`${release.current} leads to no complete system`)
  const others = (host.list(release.directory) ?? [])
    .filter((id) => !id.startsWith('.') && id !== currentId && id !== previousId)
    .flatMap((id) => read(id) ?? [])
  const previous = previousId === undefined || previousId === currentId ? undefined : read(previousId)
  return {current, previous, others}
}

/** A system as the installer leaves it, whose parts have links of their own. */
function readParts(host: Host, place: Place): Installed {
  const {own} = place.paths
  const of = (which: 'current' | 'previous'): InstalledRelease | undefined => {
    const links = partNames.map((part) => readLink(host, place.paths[part][which]))
    const [ownVersion, kernel, kubernetes] = links
    if (ownVersion === undefined) return undefined
    return describe(host, place, {id: ownVersion, parts: {own: ownVersion, kernel, kubernetes}})
  }
  const current = of('current')
  if (current === undefined) throw new Error(`there is no installed system: ${own.current} does not exist`)
  const previous = of('previous')
  return {current, previous: previous?.id === current.id ? undefined : previous, others: []}
}

function readRelease(host: Host, place: Place, id: string): InstalledRelease | undefined {
  const directory = place.paths.release.of(id)
  const [own, kernel, kubernetes] = partNames.map((part) =>
    readLink(host, `${directory}/${linkName(place.paths[part])}`)
      ?.split('/')
      .at(-1),
  )
  if (own === undefined) return undefined
  const failure = host.read(`${directory}/${failureFile}`)?.trim()
  return describe(host, place, {id, parts: {own, kernel, kubernetes}, failure})
}

function describe(host: Host, place: Place, release: InstalledRelease): InstalledRelease {
  const text = host.read(`${place.paths.own.of(release.parts.own)}/${releaseFile}`)
  if (text === undefined) return release
  try {
    return {...release, description: Release.parse(JSON.parse(text))}
  } catch {
    // It describes what is there already; a damaged one must not prevent going back.
    return release
  }
}

/** Name of a part's directory, and of its link in a release. */
const linkName = ({directory}: {readonly directory: string}): string => directory.slice(directory.lastIndexOf('/') + 1)

/** Makes the directory of a release, complete before it gets its name. */
export function writeRelease(host: Host, place: Place, {id, parts}: Pick<InstalledRelease, 'id' | 'parts'>): void {
  const directory = place.paths.release.of(id)
  const next = place.paths.release.of(`.${id}.new`)
  runOrThrow(host, ['mkdir', '-p', place.paths.release.directory])
  runOrThrow(host, ['rm', '-rf', next])
  host.mkdir(next, 0o755)
  for (const part of partNames) {
    const version = parts[part]
    if (version === undefined) continue
    const name = linkName(place.paths[part])
    host.symlink(`../../${name}/${version}`, `${next}/${name}`)
  }
  const known = readRelease(host, place, id)
  if (known !== undefined && partNames.every((part) => known.parts[part] === parts[part])) {
    // `previous` may lead through it, and must always lead somewhere.
    for (const name of host.list(directory) ?? [])
      if (host.lstat(`${next}/${name}`) === undefined) host.remove(`${directory}/${name}`)
    runOrThrow(host, ['rm', '-rf', next])
    return
  }
  runOrThrow(host, ['rm', '-rf', directory])
  runOrThrow(host, ['mv', '-T', next, directory])
}

/**
 * Lets the links `current` and `previous` of the system decide about all parts. Changes nothing of what boots: each step
 * replaces a link by one that leads to the same directory.
 */
export function adoptReleases(host: Host, place: Place): void {
  const {release} = place.paths
  if (readLink(host, release.current) === undefined) {
    const {current, previous} = readInstalled(host, place)
    for (const each of [current, ...(previous === undefined ? [] : [previous])]) writeRelease(host, place, each)
    runOrThrow(host, ['sync'])
    if (previous !== undefined) replaceLink(host, `releases/${previous.id}`, release.previous)
    replaceLink(host, `releases/${current.id}`, release.current)
    runOrThrow(host, ['sync'])
  }
  linkParts(host, place)
}

/** Lets the links of each part lead through those of the system, where these lead somewhere. */
function linkParts(host: Host, place: Place): void {
  const {release} = place.paths
  for (const part of partNames) {
    const paths = place.paths[part]
    const name = linkName(paths)
    for (const which of ['current', 'previous'] as const) {
      const target = `../${which}/${name}`
      const leads = host.list(`${release[which]}/${name}`) !== undefined
      if (leads && readLink(host, paths[which]) !== target) replaceLink(host, target, paths[which])
    }
  }
}

/** Makes a release the current one by one rename, after the one that was becomes the previous one. */
export function switchRelease(
  host: Host,
  place: Place,
  {current, previous}: {readonly current: string; readonly previous: string},
): void {
  const {release} = place.paths
  replaceLink(host, `releases/${previous}`, release.previous)
  linkParts(host, place)
  settle(host, place)
  replaceLink(host, `releases/${current}`, release.current)
  linkParts(host, place)
  settle(host, place)
}

/** What was changed is on the disk, where our GRUB reads it; another system's root is only synced. */
function settle(host: Host, place: Place): void {
  if (hasOwnMenu(host, place)) checkpoint(host, place.stateMount)
  else runOrThrow(host, ['sync'])
}

/** Leaves the current release alone; its files can then be deleted. */
export function dropPrevious(host: Host, {paths}: Place): void {
  host.remove(paths.release.previous)
  for (const part of partNames) host.remove(paths[part].previous)
  runOrThrow(host, ['sync'])
}
