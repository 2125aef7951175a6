import {type Base, DebianSpec, HaosError, type ImageSpec} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import {baseFor} from '../lock/image-requests.ts'
import type {PackagedKernel, PackageSource, PackedPackages} from '../source.ts'
import {planKernelFiles} from './plan-kernel-files.ts'

interface PlanKernelOptions {
  /** Packages of the kernel and of firmware. */
  readonly packed: PackedPackages
  readonly source: (base: Base) => PackageSource<Base>
}

/** Adds the steps that unpack the kernel of an image and its firmware. Fails with PACKAGE_INVALID if no package is a kernel. */
export function planKernel(
  spec: ImageSpec,
  {packed, source: sourceOf}: PlanKernelOptions,
  plan: PlanBuilder,
): PackagedKernel & {readonly tree: Ref<'tree'>} {
  const source = sourceOf(baseFor(spec, 'kernel'))
  const {from} = spec.kernel
  if (from?.kind === 'url') {
    const firmware = packed.packages.length === 0 ? [] : [source.unpack(packed, plan)]
    const debian = sourceOf(DebianSpec.parse({kind: 'debian'}))
    const tree = planKernelFiles(from, {arch: packed.arch, firmware, debian}, plan)
    return {version: from.version, path: `/boot/vmlinuz-${from.version}`, tree}
  }
  const kernel = source.kernelOf(packed.packages)
  if (kernel === undefined) throw noKernel(spec)
  return {...kernel, tree: source.unpack(packed, plan)}
}

const noKernel = ({kernel}: ImageSpec): HaosError =>
  new HaosError('PACKAGE_INVALID', 'none of the locked kernel packages is a kernel', {
    at: 'kernel.package',
    hint: `Choose a package such as linux-image-6.12.48+deb13-amd64 or linux-lts instead of ${kernel.package ?? kernel.flavour}.`,
  })
