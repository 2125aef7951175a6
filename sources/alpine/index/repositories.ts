import type {AlpineSpec} from '#dsl'
import {parseRepository, type Repository} from './repository.ts'

/** Where Alpine itself keeps its packages. */
const officialMirror = 'https://dl-cdn.alpinelinux.org/alpine'

/** A repository of a recipe, with all URLs of its files. */
export interface MirroredRepository {
  /** As the lock file names it: a path below the mirrors, or a whole place. */
  readonly name: string
  readonly tag: string | undefined
  /** Addresses or directories, the best first. */
  readonly places: readonly string[]
}

/** The repositories of a recipe, the preferred one first. Throws `INPUT_INVALID`. */
export function repositoriesOf(spec: AlpineSpec): readonly MirroredRepository[] {
  const {release, mirrors = [officialMirror]} = spec
  const lines = spec.repositories ?? [`${release}/main`, `${release}/community`]
  return lines.map(parseRepository).map(({place, tag}) => ({
    name: place,
    tag,
    places: isWhole(place) ? [place] : mirrors.map((mirror) => `${mirror.replace(/\/+$/, '')}/${place}`),
  }))
}

/** The repositories as they are at the mirror of a number; one with fewer places is asked at its last. */
export const atMirror = (repositories: readonly MirroredRepository[], mirror: number): readonly Repository[] =>
  repositories.map(({places, tag}) => ({place: places[Math.min(mirror, places.length - 1)] ?? '', tag}))

const isWhole = (place: string): boolean => place.startsWith('/') || /^[a-z]+:\/\//.test(place)
