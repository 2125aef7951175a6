import {readFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type Base, type DebianRepository, HaosError, type ImageSpec, kernelDistribution, redactUrl} from '#dsl'
import {digestOfBytes} from '#engine'

/**
 * Reads the key files of other repositories, so that their digests are part of the request: a changed key makes the lock stale,
 * and a moved directory does not. Fails with INPUT_INVALID if one cannot be read.
 */
export async function loadRepositoryKeys(spec: ImageSpec, directory: string): Promise<ImageSpec> {
  const {base, kernel} = spec
  const from = kernelDistribution(kernel)
  return {
    ...spec,
    base: await withDigests(base, directory),
    kernel: from === undefined ? kernel : {...kernel, from: await withDigests(from, directory)},
  }
}

async function withDigests(base: Base, directory: string): Promise<Base> {
  if (base.kind !== 'debian' || base.repositories === undefined) return base
  return {...base, repositories: await Promise.all(base.repositories.map((item) => withDigest(item, directory)))}
}

async function withDigest(repository: DebianRepository, directory: string): Promise<DebianRepository> {
  const bytes = await readKeyFile(repository, directory)
  return bytes === undefined ? repository : {...repository, keySha256: digestOfBytes(bytes)}
}

/** Reads the key file of a repository; undefined if the recipe contains the key's text or its digest. Fails with INPUT_INVALID. */
export async function readKeyFile(
  {key, url}: Pick<DebianRepository, 'key' | 'url'>,
  directory: string,
): Promise<Buffer | undefined> {
  if (typeof key !== 'string' || key.includes('-----BEGIN PGP')) return undefined
  const path = key.startsWith('file:') ? fileURLToPath(key) : resolve(directory, key)
  try {
    return await readFile(path)
  } catch (cause) {
    throw new HaosError('INPUT_INVALID', `the key ${path} cannot be read`, {
      at: `base.repositories (${redactUrl(url)})`,
      hint: 'Give an existing file relative to the recipe, the text of the key, or download({url, sha256}).',
      cause,
    })
  }
}
