import {type Arch, type Base, type DebianRepository, type ImageSpec, kernelDistribution} from '#dsl'
import {digestOf} from '#engine'
import type {PackageRequest, WellKnownPackages} from '../source.ts'

/** Purposes of an image's packages. */
export const purposes = ['base', 'kernel', 'boot'] as const
export type Purpose = (typeof purposes)[number]

/** Everything with its own set in the lock file. */
export const lockPurposes = [...purposes, 'kubernetes'] as const
export type LockPurpose = (typeof lockPurposes)[number]

/** The lock file's name of a set, such as `haos/amd64/base`; inputs of the recipe that change its contents follow: `haos/amd64/kernel/kernel=cloud`. */
export const setName = (image: string, arch: Arch, purpose: LockPurpose, inputs: string): string =>
  [image, arch, purpose, ...(inputs === '' ? [] : [inputs])].join('/')

/** The distribution for a purpose: kernel and boot loader may come from a distribution other than the system's. */
export const baseFor = ({base, kernel}: ImageSpec, purpose: Purpose): Base =>
  purpose === 'base' ? base : (kernelDistribution(kernel) ?? base)

/**
 * All package requests of an image to its distributions, by purpose. Pure: the resolved packages are in the lock file.
 * `known` are the packages of the kernel's distribution.
 */
export function imageRequests(
  image: ImageSpec,
  known: WellKnownPackages,
): Readonly<Record<Purpose, PackageRequest<Base>>> {
  const {base, kernel, parts} = image
  const spec = baseFor(image, 'kernel')
  // The node checks signatures with it.
  const needed = image.upgrades === undefined ? [] : ['openssl']
  const added = parts.flatMap((part) => (part.kind === 'packages' ? part.names : []))
  return {
    base: {spec: base, names: [...new Set([...base.packages, ...added, ...needed])].sort(), dependencies: 'all'},
    kernel: {
      spec,
      names: [
        ...(kernel.from?.kind === 'url' ? [] : [kernel.package ?? known.kernel[kernel.flavour]]),
        ...[...new Set(kernel.firmware)].sort(),
      ],
      dependencies: 'none',
    },
    boot: {spec, names: [...known.bootLoader, known.busybox.name], dependencies: 'none'},
  }
}

/** Digest of a request, so that a lock for another request is recognised as stale. Excludes the mirrors. */
export const requestDigest = ({spec, names, dependencies}: PackageRequest<Base>, arch: Arch): string => {
  const {mirrors: _, packages: __, localPackages = [], ...rest} = spec
  if ('securityMirrors' in rest) delete rest.securityMirrors
  // Paths of keys, too, depend on the build machine; the digests of those next to the recipe do not.
  if (rest.kind === 'alpine') delete rest.keys
  else if (rest.repositories !== undefined) rest.repositories = rest.repositories.map(withoutKeyPath)
  const local = localPackages.filter(({path}) => names.includes(path))
  return digestOf({spec: rest, names, dependencies, arch, ...(local.length > 0 && {local})})
}

const withoutKeyPath = ({keySha256, ...repository}: DebianRepository): DebianRepository =>
  keySha256 === undefined ? repository : {...repository, key: keySha256}
