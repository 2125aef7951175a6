import {Flags} from '@oclif/core'
import {nodeHttp} from '#engine'
import {alpineArch, loadIndexes, loadKeyRing, parseRepository, solvePackages} from '#sources'

/** Flags of commands that query Alpine repositories instead of a project. */
export const repositoryFlags = {
  repository: Flags.string({
    description: 'Directory or URL that holds ARCH/APKINDEX.tar.gz, with "@tag " before it for a tagged one.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  keys: Flags.string({
    description: 'Directory of the keys that must have signed the indexes. Without it, signatures are not checked.',
    multiple: true,
    multipleNonGreedy: true,
  }),
}

/** Values of these flags, and of a project's that count here. */
export interface RepositoryOptions {
  readonly repository: readonly string[]
  readonly keys?: readonly string[] | undefined
  /** Default: amd64. */
  readonly arch?: keyof typeof alpineArch | undefined
  readonly offline: boolean
}

/**
 * Reads the indexes of repositories, and returns a function that chooses packages from them, in the order of installation. Fails with
 * PACKAGE_INVALID and DOWNLOAD_FAILED; the function with PACKAGE_NOT_FOUND and PACKAGE_CONFLICT.
 */
export async function loadRepositories(
  {repository, keys, arch: name = 'amd64', offline}: RepositoryOptions,
  signal: AbortSignal,
): Promise<(names: readonly string[]) => ReturnType<typeof solvePackages>> {
  const arch = alpineArch[name]
  const {index, tags} = await loadIndexes(repository.map(parseRepository), {
    arch,
    keys: keys && loadKeyRing(keys, arch),
    http: nodeHttp({offline}),
    signal,
  })
  return (names) => solvePackages(index, tags, names)
}
