import {artifactNames, defineTarget, localBootDirectory, rootTarball} from '#image'
import {systemPaths} from '#layout'
import {systemFiles} from '../system-files.ts'

/** The system without a kernel, to extract over the root of a machine that has one. */
export const rootfsTarget = defineTarget({
  kind: 'rootfs',
  summary: 'a tarball that turns another Linux root into this system and keeps its kernel',
  plan({image, plan}) {
    const {spec, local} = image
    const {files, texts, links, modes} = systemFiles(image)
    const kernelFiles = `${systemPaths(spec.identity).kernel.directory.slice(1)}/`
    const notOfKernel = <Value>(values: Readonly<Record<string, Value>>) =>
      Object.fromEntries(Object.entries(values).filter(([path]) => !path.startsWith(kernelFiles)))
    const own = [
      ...files.filter(({path}) => !path.startsWith(kernelFiles)),
      {path: `${localBootDirectory(spec)}/busybox`, file: local.busybox},
    ]
    const programs = [
      `${localBootDirectory(spec)}/busybox`,
      ...Object.keys(local.texts).filter((path) => path.endsWith('init')),
    ]
    const tarball = plan.add(
      rootTarball,
      {files: own.map(({file}) => file)},
      {
        top: `${spec.name}-${spec.version}`,
        paths: own.map(({path}) => path),
        texts: {...texts, ...local.texts},
        links: notOfKernel(links),
        modes: {...modes, ...Object.fromEntries(programs.map((path) => [path, '0755']))},
      },
      'root tarball',
    )
    return [
      {
        ...artifactNames(image, '.tar.gz', 'rootfs'),
        role: 'rootfs',
        from: tarball,
      },
    ]
  },
})
