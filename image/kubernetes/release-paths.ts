import type {Arch, Kubernetes} from '#dsl'

/** Names of the binary in a release, as upstream publishes it (k3s-io/k3s, install.sh; rancher/rke2, scripts/version.sh). */
const programNames: Readonly<Record<Kubernetes['kind'], Readonly<Record<Arch, string>>>> = {
  k3s: {amd64: 'k3s', arm64: 'k3s-arm64', arm: 'k3s-armhf'},
  rke2: {amd64: 'rke2.linux-amd64', arm64: 'rke2.linux-arm64', arm: 'rke2.linux-arm'},
}

/** Archives of the container images that a release itself needs, and their names in the lock file. */
const airgapNames: Readonly<Record<Kubernetes['kind'], (arch: Arch) => string>> = {
  k3s: (arch) => `k3s-airgap-images-${arch}.tar.zst`,
  rke2: (arch) => `rke2-images.linux-${arch}.tar.zst`,
}

/** One file of a release. */
export interface ReleaseFile {
  /** Its name in the lock file. */
  readonly name: string
  /** Its name in the release. */
  readonly fileName: string
}

/** The program of a release. */
export const programOf = ({kind}: Pick<Kubernetes, 'kind'>, arch: Arch): ReleaseFile => ({
  name: kind,
  fileName: programNames[kind][arch],
})

/** The archive of a release's own container images. */
export const airgapOf = ({kind}: Pick<Kubernetes, 'kind'>, arch: Arch): ReleaseFile => ({
  name: kind === 'k3s' ? 'k3s-airgap-images' : 'rke2-images',
  fileName: airgapNames[kind](arch),
})

/** Path of a file of a release below the mirror. */
export const releasePath = (version: string, {fileName}: Pick<ReleaseFile, 'fileName'>): string =>
  `${encodeURIComponent(version)}/${fileName}`
