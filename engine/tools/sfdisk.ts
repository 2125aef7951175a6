import {defineTool} from './tool.ts'

/** Writes a partition table into a file, from a script on standard input (sfdisk(8)). */
export const sfdisk = defineTool<{readonly image: string}>({
  name: 'sfdisk',
  purpose: 'divide a disk',
  package: 'fdisk',
  args: ({image}) => ['--quiet', '--no-reread', '--no-tell-kernel', image],
})
