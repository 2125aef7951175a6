import {stat, writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep, digestOfFile} from '#engine'
import {Release} from '#layout'

/** Describes a release with the size and the digest of each of its files, so that an upgrade can check what it got. */
export const describeRelease = defineStep({
  kind: 'release',
  revision: 1,
  summary: 'describes the release and its files',
  inputs: {files: ['file']},
  output: 'file',
  options: z.strictObject({
    /** What the description says beside the files. */
    about: z.record(z.string(), z.json()),
    /** Path of each of the input files from the system directory, in their order. */
    paths: z.array(z.string()),
  }),
  tools: [],
  async run({inputs, options: {about, paths}, output, epoch, signal}) {
    const files = await Promise.all(
      inputs.files.map(async (file, index) => ({
        path: paths[index] ?? '',
        sizeBytes: (await stat(file)).size,
        sha256: await digestOfFile(file, signal),
      })),
    )
    const date = new Date(epoch * 1000).toISOString()
    await writeFile(output, `${JSON.stringify(Release.parse({format: 1, date, ...about, files}), undefined, 2)}\n`)
  },
})
