import {resolve} from 'node:path'
import {archiveFileName, HaosError, type ImageSpec} from '#dsl'
import {digestOfFile} from '#engine'

/** An archive of container images that the recipe adds. */
export interface LoadedArchive {
  /** File name on the node. */
  readonly name: string
  readonly sha256: string
  /** Host path or URL. */
  readonly origin: string
}

/** Reads the digests of the recipe's own archives of container images. Fails with RECIPE_INVALID if one cannot be read. */
export const loadArchives = ({kubernetes}: ImageSpec, directory: string): Promise<LoadedArchive[]> =>
  Promise.all(
    (kubernetes?.images ?? []).map(async (archive, index) => {
      const name = archiveFileName(archive)
      if (typeof archive !== 'string') return {name, sha256: archive.sha256, origin: archive.url}
      const origin = resolve(directory, archive)
      try {
        return {name, sha256: await digestOfFile(origin), origin}
      } catch (cause) {
        throw new HaosError('RECIPE_INVALID', `the archive ${origin} cannot be read`, {
          at: `kubernetes.images[${index}]`,
          hint: 'Name a file that exists, relative to the recipe, or give `{url, sha256}`.',
          cause,
        })
      }
    }),
  )
