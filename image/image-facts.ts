import {digestOf} from '#engine'
import {lockPurposes} from './lock/image-requests.ts'
import type {PlannedImage} from './plan-image.ts'

/** Contents of an image, for the manifest of each of its files. Plain data. */
export interface ImageFacts {
  readonly image: {
    readonly name: string
    readonly version: string
    /** The variant that the recipe's inputs select. */
    readonly variant?: string
    readonly arch: string
    readonly product: string
  }
  /** Date of the image, which is the timestamp of everything in it. */
  readonly date: string
  readonly kernel: string
  readonly kubernetes?: {readonly kind: string; readonly version: string; readonly ship: string}
  /** Digests of the checked recipe and of its pins: equal digests mean equal contents. */
  readonly recipe: string
  readonly lock: string
  /** By purpose: the system, the kernel, the boot loader. */
  readonly packages: Readonly<
    Record<string, readonly {readonly name: string; readonly version: string; readonly sha256: string}[]>
  >
}

/** Gathers the facts of an image. Pure. */
export function imageFacts({spec, arch, variant, pinned, kernelVersion, kubernetesVersion}: PlannedImage): ImageFacts {
  const {kubernetes} = spec
  const sets = lockPurposes.flatMap((purpose) => {
    const packages = pinned.get(purpose)
    return packages === undefined ? [] : [[purpose, packages] as const]
  })
  return {
    image: {
      name: spec.name,
      version: spec.version,
      ...(variant.label !== '' && {variant: variant.label}),
      arch,
      product: spec.identity.name,
    },
    date: new Date(spec.epoch * 1000).toISOString().slice(0, 10),
    kernel: kernelVersion,
    ...(kubernetes &&
      kubernetesVersion && {kubernetes: {kind: kubernetes.kind, version: kubernetesVersion, ship: kubernetes.ship}}),
    recipe: digestOf(spec),
    lock: digestOf(sets),
    packages: Object.fromEntries(
      sets.map(([purpose, packages]) => [
        purpose,
        packages.map(({name, version, sha256}) => ({name, version, sha256})),
      ]),
    ),
  }
}
