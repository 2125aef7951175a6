import {defineTool} from '#engine'

/** Writes the files of a SquashFS image to standard output as a tar archive (sqfs2tar(1)), with their owners and times. */
export const squashfsAsTar = defineTool<{readonly image: string}>({
  name: 'sqfs2tar',
  purpose: 'look into a layer of the system',
  package: 'squashfs-tools-ng',
  minVersion: '1.1.0',
  args: ({image}) => [image],
})
