import type {Http} from '#engine'
import {RepositoryTags} from '../solve/repository-tags.ts'
import type {KeyRing} from './key-ring.ts'
import {type IndexText, PackageIndex} from './package-index.ts'
import {readIndex} from './read-index.ts'
import {addressOf, type Repository, readRepositoryFile} from './repository.ts'

export interface LoadIndexesOptions {
  /** Alpine's name of the architecture. */
  readonly arch: string
  /** Trusted keys: one of them must have signed each index. Default: signatures are not checked. */
  readonly keys?: KeyRing | undefined
  /** An index that is not fetched, used as that of one more repository, the least preferred. */
  readonly more?: IndexText | undefined
  readonly http: Http
  readonly signal: AbortSignal
}

/** Alpine's largest index is 3 MB. */
const maxBytes = 64 << 20

/** Fetches and reads the indexes of repositories, the preferred one first. */
export async function loadIndexes(
  repositories: readonly Repository[],
  {arch, keys, more, http, signal}: LoadIndexesOptions,
): Promise<{index: PackageIndex; tags: RepositoryTags}> {
  const path = `${arch}/APKINDEX.tar.gz`
  const files = await Promise.all(repositories.map((item) => readRepositoryFile(item, path, {http, signal, maxBytes})))
  const texts = files.map((file, at) => {
    const repository = repositories[at]
    const origin = repository ? addressOf(repository, path) : path
    return {text: readIndex(file, {origin, keys}), origin}
  })
  const tags = repositories.map(({tag}) => tag)
  if (more === undefined) return {index: new PackageIndex(texts), tags: new RepositoryTags(tags)}
  return {index: new PackageIndex([...texts, more]), tags: new RepositoryTags([...tags, undefined])}
}
