import type {AlpineSpec} from '#dsl'
import {parseRepository, type Repository} from './repository.ts'

/** Alpine's own mirror. */
const officialMirror = 'https://dl-cdn.alpinelinux.org/alpine'

/** A repository of a recipe, with all URLs of its files. */
export interface MirroredRepository {
  /** Its name in the lock file: a path below the mirrors, or a complete URL or directory. */
  readonly name: string
  readonly tag: string | undefined
  /** URLs or directories, the preferred one first. */
  readonly locations: readonly string[]
}

/** The repositories of a recipe, the preferred one first. Throws `INPUT_INVALID`. */
export function repositoriesOf(spec: AlpineSpec): readonly MirroredRepository[] {
  const {release, mirrors = [officialMirror]} = spec
  const lines = spec.repositories ?? [`${release}/main`, `${release}/community`]
  return lines.map(parseRepository).map(({location, tag}) => ({
    name: location,
    tag,
    locations: isUrlOrDirectory(location)
      ? [location]
      : mirrors.map((mirror) => `${mirror.replace(/\/+$/, '')}/${location}`),
  }))
}

/** The repositories at the mirror with this number, from 0. One with fewer mirrors uses its last. */
export const atMirror = (repositories: readonly MirroredRepository[], mirror: number): readonly Repository[] =>
  repositories.map(({locations, tag}) => ({location: locations[Math.min(mirror, locations.length - 1)] ?? '', tag}))

const isUrlOrDirectory = (location: string): boolean => location.startsWith('/') || /^[a-z]+:\/\//.test(location)
