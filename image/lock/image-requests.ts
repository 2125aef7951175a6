import type {Arch, Base, ImageSpec} from '#dsl'
import {digestOf} from '#engine'
import type {PackageRequest, WellKnownPackages} from '../source.ts'

/** What packages of an image are locked for. */
export const purposes = ['base', 'kernel', 'boot'] as const
export type Purpose = (typeof purposes)[number]

/** All that has a set of its own in the lock file. */
export const lockPurposes = [...purposes, 'kubernetes'] as const
export type LockPurpose = (typeof lockPurposes)[number]

/** The lock file's name of a set, such as `haos/amd64/base`; inputs of the recipe that change what is in it follow: `haos/amd64/kernel/kernel=cloud`. */
export const setName = (image: string, arch: Arch, purpose: LockPurpose, inputs: string): string =>
  [image, arch, purpose, ...(inputs === '' ? [] : [inputs])].join('/')

/** The distribution that serves a purpose: the kernel and what boots it may come from another one than the system. */
export const baseFor = ({base, kernel}: ImageSpec, purpose: Purpose): Base =>
  purpose === 'base' ? base : (kernel.from ?? base)

/**
 * Everything that an image asks of its distributions, by purpose. Pure: the answer is in the lock file.
 * `known` are the packages of the distribution that brings the kernel.
 */
export function imageRequests(
  image: ImageSpec,
  known: WellKnownPackages,
): Readonly<Record<Purpose, PackageRequest<Base>>> {
  const {base, kernel, parts} = image
  const spec = baseFor(image, 'kernel')
  const added = parts.flatMap((part) => (part.kind === 'packages' ? part.names : []))
  return {
    base: {spec: base, names: [...new Set([...base.packages, ...added])].sort(), dependencies: 'all'},
    kernel: {
      spec,
      names: [kernel.package ?? known.kernel[kernel.flavour], ...[...new Set(kernel.firmware)].sort()],
      dependencies: 'none',
    },
    boot: {spec, names: [...known.bootLoader, known.busybox.name], dependencies: 'none'},
  }
}

/** Names a request, so that a lock made for another one shows as stale. Mirrors do not count. */
export const requestDigest = ({spec, names, dependencies}: PackageRequest<Base>, arch: Arch): string => {
  const {mirrors: _, packages: __, localPackages = [], ...rest} = spec
  if ('securityMirrors' in rest) delete rest.securityMirrors
  // Where keys lie is a matter of the machine, too.
  if (rest.kind === 'alpine') delete rest.keys
  const local = localPackages.filter(({path}) => names.includes(path))
  return digestOf({spec: rest, names, dependencies, arch, ...(local.length > 0 && {local})})
}
