import {stat} from 'node:fs/promises'
import {resolve} from 'node:path'
import {type Base, HaosError, type ImageSpec, isLocalPackage, kernelDistribution, type LocalPackage} from '#dsl'
import {digestOfFile} from '#engine'

/**
 * Reads the package files next to the recipe, such as `./agent.deb` among `packages`, so that their digests are part of the
 * request: a changed file makes the lock stale. Fails with RECIPE_INVALID if one cannot be read.
 */
export async function loadLocalPackages(spec: ImageSpec, directory: string): Promise<ImageSpec> {
  const {base, kernel, parts} = spec
  const ofKernel = [...(kernel.package === undefined ? [] : [kernel.package]), ...kernel.firmware]
  const ofSystem = [...base.packages, ...parts.flatMap((part) => (part.kind === 'packages' ? part.names : []))]
  const complete = async (from: Base, names: readonly string[]): Promise<Base> => {
    const paths = [...new Set(names.filter(isLocalPackage))].sort()
    if (paths.length === 0) return from
    return {...from, localPackages: await Promise.all(paths.map((path) => loadOne(path, directory)))}
  }
  const from = kernelDistribution(kernel)
  return {
    ...spec,
    base: await complete(base, from === undefined ? [...ofSystem, ...ofKernel] : ofSystem),
    kernel: from === undefined ? kernel : {...kernel, from: await complete(from, ofKernel)},
  }
}

async function loadOne(path: string, directory: string): Promise<LocalPackage> {
  const hostPath = resolve(directory, path)
  try {
    return {path, sha256: await digestOfFile(hostPath), sizeBytes: (await stat(hostPath)).size}
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', `the package ${hostPath} cannot be read`, {
      at: path,
      hint: 'Name a file that exists, relative to the recipe.',
      cause,
    })
  }
}
