import {defineTool} from '#engine'

/** Decompresses files in place: `x.ko.xz` becomes `x.ko`. */
export const unxz = defineTool<{readonly files: readonly string[]}>({
  name: 'xz',
  purpose: 'decompress packages and kernel modules',
  package: 'xz-utils',
  args: ({files}) => ['--decompress', '--', ...files],
})
