import {defineTool} from '#engine'

/**
 * Decompresses files in place: `x.ko.xz` becomes `x.ko`.
 *
 * The memory limit is several times the largest dictionary of `xz -9`; a file may demand 4 GiB (xz(1)).
 */
export const unxz = defineTool<{readonly files: readonly string[]}>({
  name: 'xz',
  purpose: 'decompress packages and kernel modules',
  package: 'xz-utils',
  args: ({files}) => ['--decompress', '--memlimit-decompress=512MiB', '--', ...files],
})
