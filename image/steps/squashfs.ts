import * as z from 'zod'
import {defineStep} from '#engine'
import {tar2sqfs} from '#tools'

/** Packs a tree into one read-only layer. Equal trees give equal bytes. */
export const squashfs = defineStep({
  kind: 'squashfs',
  revision: 1,
  summary: 'packs a tree into a read-only layer',
  inputs: {tree: 'tree'},
  output: 'file',
  options: z.strictObject({
    compressor: z.enum(['zstd', 'xz', 'gzip', 'lz4']).default('zstd'),
    level: z.int().min(1).max(22).optional(),
    blockSizeBytes: z.int().default(131_072),
  }),
  tools: [tar2sqfs],
  async run({inputs, options, output, epoch, tool}) {
    await tool(tar2sqfs, {output, epoch, ...options}, {stdin: inputs.tree})
  },
})
