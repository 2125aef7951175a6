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
  args: ({directory, kernelVersion}) => ['--basedir', directory, kernelVersion],
})
