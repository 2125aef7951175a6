import type {ImageSpec} from '#dsl'
import type {Ref} from '#engine'
import {kernelFiles, systemPaths} from '#layout'

/** One layer of the system, with the name of its file. */
export interface PlannedLayer {
  readonly name: string
  readonly file: Ref<'file'>
}

/** The parts of an image that make up a release. */
export interface ReleaseParts {
  readonly kernelVersion: string
  readonly kernel: Ref<'file'>
  readonly initrd: Ref<'file'>
  readonly modules: Ref<'file'>
  /** From the lowest to the highest. */
  readonly layers: readonly PlannedLayer[]
  /** The Kubernetes binary, if the image contains it. */
  readonly kubernetes: Ref<'file'> | undefined
}

/** The files of a release, by their path from the system directory. Pure. */
export function releaseFiles(
  {identity, version, kubernetes: wanted}: ImageSpec,
  {kernelVersion, kernel, initrd, modules, layers, kubernetes}: ReleaseParts,
): {readonly path: string; readonly file: Ref<'file'>}[] {
  const paths = systemPaths(identity)
  const kernelDirectory = paths.kernel.of(kernelVersion)
  const files = [
    {path: `${kernelDirectory}/${kernelFiles.kernel}`, file: kernel},
    {path: `${kernelDirectory}/${kernelFiles.initrd}`, file: initrd},
    {path: `${kernelDirectory}/${kernelFiles.modules}`, file: modules},
    ...(wanted && kubernetes
      ? [{path: `${paths.kubernetes.of(wanted.version)}/${wanted.kind}`, file: kubernetes}]
      : []),
    ...layers.map(({name, file}) => ({path: `${paths.own.of(version)}/${name}`, file})),
  ]
  return files.map(({path, file}) => ({path: path.slice(identity.systemDir.length + 1), file}))
}
