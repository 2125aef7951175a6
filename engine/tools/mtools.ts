import {defineTool} from '#engine'

/** Makes directories in a FAT image, parents first. */
export const mmd = defineTool<{readonly image: string; readonly directories: readonly string[]}>({
  name: 'mmd',
  purpose: 'fill the EFI system partition',
  package: 'mtools',
  args: ({image, directories}) => ['-i', image, ...directories.map((directory) => `::${directory}`)],
})

/** Copies a file into a FAT image, with the file's own time. */
export const mcopy = defineTool<{readonly image: string; readonly from: string; readonly to: string}>({
  name: 'mcopy',
  purpose: 'fill the EFI system partition',
  package: 'mtools',
  args: ({image, from, to}) => ['-i', image, '-m', from, `::${to}`],
})
