import {type AlpineInput, type Arch, alpine, debian, defineImage, type ImageInput, input, k3s} from '#dsl'
import {alpineBase} from './alpine-base.ts'
import {bootMenu} from './boot-menu.ts'
import {haosPackagesFor} from './haos-packages.ts'
import {nodeKernel} from './kernel.ts'

/** Options of a reference image. */
export interface ReferenceOptions {
  /** Architecture that the list of packages is for. Default: `amd64`. */
  readonly arch?: Arch
  /** Release, repositories, mirrors and keys of Alpine. Default: `main` and `community` of the current release. */
  readonly alpine?: AlpineInput
  /**
   * Distribution of the kernel. Default: `debian`, which keeps one version for years, with its firmware, like Ubuntu's
   * kernel of HAOS.
   */
  readonly kernel?: 'debian' | 'alpine'
  /** Whether the image contains Kubernetes, or the node fetches it at its first boot. Default: `embedded`. */
  readonly ship?: 'embedded' | 'first-boot'
  /** Packages to exclude from this image. Default: none. */
  readonly without?: readonly string[]
}

/**
 * HAOS as its users know it: Alpine with the packages of its list, connman, OpenRC's services, and k3s in the image.
 *
 * For your own image: `defineImage({...haos(), name: 'edge', config: {hostname: 'edge-1'}})`.
 */
export const haos = (options: ReferenceOptions = {}): ImageInput => ({
  ...referenceImage(options),
  name: 'haos',
  arch: ['amd64', 'arm64', 'arm'],
  identity: 'haos',
  kubernetes: k3s({
    version: 'v1.34.3+k3s1',
    ...(options.ship && {ship: options.ship}),
    sha256: {
      amd64: 'f95350e3997165974d1d1406f01aabaf869aed7ca790cc2d83a92a82f26a06c5',
      arm64: 'fa37b06df7ae82b46de6679a8682b6ece2adf531709bed6299086716c1038147',
      arm: 'e75d12a5c481e96372b112dc20faa9a64f1b73069897012b025b976bd359de3d',
    },
  }),
  boot: bootMenu(),
})

/** The common parts of the reference images: everything except the product's name and its Kubernetes. */
export const referenceImage = ({
  arch = 'amd64',
  alpine: base,
  kernel = 'debian',
  without = [],
}: ReferenceOptions): Pick<ImageInput, 'version' | 'date' | 'base' | 'kernel' | 'parts' | 'config'> => ({
  version: '0.1.0',
  date: '2026-11-01',
  base: alpine(base),
  kernel: nodeKernel(kernel === 'debian' ? {from: debian()} : {}),
  parts: [alpineBase({packages: haosPackagesFor(arch).filter((name) => !without.includes(name))})],
  config: {},
})

/** Inputs of a reference image, for the command line. */
export const referenceInputs = {
  release: input.text('v3.23'),
  kernel: input.choice(['debian', 'alpine'], 'debian'),
  ship: input.choice(['embedded', 'first-boot'], 'embedded'),
}

export default defineImage(referenceInputs, ({release, ...inputs}, {arch}) =>
  haos({...inputs, arch, alpine: {release}}),
)
