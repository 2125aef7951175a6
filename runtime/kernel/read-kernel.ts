import {type KernelFacts, moduleName, parseKernelConfig} from '#dsl'
import type {Host} from '../host/host.ts'

/** The release of the running kernel, as `uname -r` prints it. */
export const kernelRelease = (host: Host): string => (host.read('/proc/sys/kernel/osrelease') ?? '').trim()

/** What the node knows of its kernel: `modules.dep` lists the modules of the image, without those that it leaves out. */
export function readKernel(host: Host, release: string): KernelFacts {
  const inModules = (name: string) =>
    host.read(`/lib/modules/${release}/${name}`) ?? host.read(`/usr/lib/modules/${release}/${name}`)
  const config = readConfig(host, release) ?? inModules('config')
  const namesOf = (list: string | undefined) =>
    new Set((list ?? '').split('\n').flatMap((line) => (line === '' ? [] : [moduleName(line.replace(/:.*/, ''))])))
  return {
    config: config === undefined ? undefined : parseKernelConfig(config),
    modules: namesOf(inModules('modules.dep')),
    builtin: namesOf(inModules('modules.builtin')),
  }
}

function readConfig(host: Host, release: string): string | undefined {
  if (host.lstat('/proc/config.gz') !== undefined) {
    const {status, stdout} = host.run(['gzip', '-dc', '/proc/config.gz'])
    if (status === 0) return stdout
  }
  return host.read(`/boot/config-${release}`)
}
