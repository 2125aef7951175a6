import {defineTool} from '#engine'
import {ownConfigOnly, xorrisoProgram} from './xorriso.ts'

export interface XorrisoExtractOptions {
  readonly iso: string
  /** Paths in the ISO, and the host paths that they are copied to. */
  readonly files: readonly {readonly from: string; readonly to: string}[]
}

/** Copies files out of an ISO, without mounting it (xorriso(1), mode osirrox). */
export const xorrisoExtract = defineTool<XorrisoExtractOptions>({
  ...xorrisoProgram,
  purpose: 'read the ISO',
  args: ({iso, files}) => [
    ...[...ownConfigOnly, '-abort_on', 'FAILURE', '-osirrox', 'on', '-indev', iso],
    ...files.flatMap(({from, to}) => ['-extract', from, to]),
    '-end',
  ],
})

/** Lists the symbolic links of an ISO with their targets, one per line in the format of `ls -l`. */
export const xorrisoLinks = defineTool<{readonly iso: string}>({
  ...xorrisoProgram,
  purpose: 'read the ISO',
  args: ({iso}) => [
    ...[...ownConfigOnly, '-abort_on', 'FAILURE', '-indev', iso],
    ...['-find', '/', '-type', 'l', '-exec', 'lsdl', '--', '-end'],
  ],
})
