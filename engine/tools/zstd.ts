import {defineTool} from '#engine'

/** Compresses one file (RFC 8878). One thread: with more, the result would depend on their number. */
export const zstd = defineTool<{readonly input: string; readonly output: string; readonly level: number}>({
  name: 'zstd',
  purpose: 'compress the initrd',
  package: 'zstd',
  args: ({input, output, level}) => [`-${level}`, '--threads=1', '--quiet', '-o', output, '--', input],
})
