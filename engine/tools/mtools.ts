import {defineTool} from '#engine'

/**
 * The defaults of mtools, which count more than /etc/mtools.conf (mtools.conf(5), "Global variables").
 *
 * There is no option to read no configuration.
 */
const defaults: Readonly<Record<string, string>> = {
  MTOOLSRC: '/dev/null',
  MTOOLS_SKIP_CHECK: '0',
  MTOOLS_FAT_COMPATIBILITY: '0',
  MTOOLS_LOWER_CASE: '0',
  MTOOLS_NO_VFAT: '0',
  MTOOLS_NAME_NUMERIC_TAIL: '1',
  MTOOLS_DOTTED_DIR: '0',
  DEFAULT_CODEPAGE: '850',
}

/** Makes directories in a FAT image, parents first. */
export const mmd = defineTool<{readonly image: string; readonly directories: readonly string[]}>({
  name: 'mmd',
  purpose: 'fill the EFI system partition',
  package: 'mtools',
  env: defaults,
  args: ({image, directories}) => ['-i', image, ...directories.map((directory) => `::${directory}`)],
})

/** Copies a file into a FAT image, with the file's own time. */
export const mcopy = defineTool<{readonly image: string; readonly from: string; readonly to: string}>({
  name: 'mcopy',
  purpose: 'fill the EFI system partition',
  package: 'mtools',
  env: defaults,
  args: ({image, from, to}) => ['-i', image, '-m', from, `::${to}`],
})
