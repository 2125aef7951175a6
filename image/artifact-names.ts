import type {Arch, ImageSpec} from '#dsl'
import type {Variant} from './lock/variant.ts'

/** The parts of an image that determine file names. */
export interface NamedImage {
  readonly spec: ImageSpec
  readonly arch: Arch
  readonly variant: Variant
}

interface ArtifactNames {
  /** File name below the output directory. */
  readonly name: string
  /** The same without the version. */
  readonly alias: string
}

/** Names of an artifact: `haos-1.4.0-kernel-cloud-amd64.iso` for `.iso`. The kind of artifact precedes the architecture. */
export function artifactNames({spec, arch, variant}: NamedImage, end: string, kind = ''): ArtifactNames {
  const words = (...more: readonly string[]) =>
    [spec.name, ...more, variant.label, kind, arch].filter((word) => word !== '').join('-') + end
  return {name: words(spec.version), alias: words()}
}
