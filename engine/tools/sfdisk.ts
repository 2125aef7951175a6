import {defineTool} from '#engine'

/** Writes a partition table into a file, from a script on standard input (sfdisk(8)). */
export const sfdisk = defineTool<{readonly image: string}>({
  name: 'sfdisk',
  purpose: 'partition a disk',
  package: 'fdisk',
  args: ({image}) => ['--quiet', '--no-reread', '--no-tell-kernel', image],
})

/** Prints the partition table of a file as JSON; partitions are counted in sectors (sfdisk(8), "--json"). */
export const listPartitions = defineTool<{readonly image: string}>({
  name: sfdisk.name,
  purpose: 'find the partitions of a disk',
  package: sfdisk.package,
  args: ({image}) => ['--json', image],
})
