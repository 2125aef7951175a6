import {defineTool} from '#engine'

export interface DepmodOptions {
  /** Host directory that holds `lib/modules`. */
  readonly directory: string
  readonly kernelVersion: string
}

/** Writes the lists by which modprobe finds modules (depmod(8)). */
export const depmod = defineTool<DepmodOptions>({
  name: 'depmod',
  purpose: 'index the kernel modules',
  package: 'kmod',
  // --basedir says where modules are, and the configuration would still be this machine's (depmod.d(5)).
  args: ({directory, kernelVersion}) => ['--config', '/dev/null', '--basedir', directory, kernelVersion],
})
