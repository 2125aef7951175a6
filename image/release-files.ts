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
  /** What the image contains of Kubernetes: its program and archives of container images. */
  readonly kubernetes: PlannedKubernetes | undefined
}

/** Kubernetes in an image. */
export interface PlannedKubernetes {
  readonly version: string
  /** Files by their names, the program first if it is in the image. */
  readonly files: readonly {readonly name: string; readonly file: Ref<'file'>}[]
}

/** The files of a release, by their path from the system directory. Pure. */
export function releaseFiles(
  {identity, version}: ImageSpec,
  {kernelVersion, kernel, initrd, modules, layers, kubernetes}: ReleaseParts,
): {readonly path: string; readonly file: Ref<'file'>}[] {
  const paths = systemPaths(identity)
  const kernelDirectory = paths.kernel.of(kernelVersion)
  const files = [
    {path: `${kernelDirectory}/${kernelFiles.kernel}`, file: kernel},
    {path: `${kernelDirectory}/${kernelFiles.initrd}`, file: initrd},
    {path: `${kernelDirectory}/${kernelFiles.modules}`, file: modules},
    ...(kubernetes?.files ?? []).map(({name, file}) => ({
      path: `${paths.kubernetes.of(kubernetes?.version ?? '')}/${name}`,
      file,
    })),
    ...layers.map(({name, file}) => ({path: `${paths.own.of(version)}/${name}`, file})),
  ]
  return files.map(({path, file}) => ({path: path.slice(identity.systemDir.length + 1), file}))
}
