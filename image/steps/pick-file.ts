import {createReadStream, createWriteStream} from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import * as z from 'zod'
import {HaosError, ImagePath} from '#dsl'
import {defineStep} from '#engine'
import {readTree} from '#formats'

/** Extracts one regular file from a tree. */
export const pickFile = defineStep({
  kind: 'pick-file',
  revision: 1,
  summary: 'takes one file out of a tree',
  inputs: {tree: 'tree'},
  output: 'file',
  options: z.strictObject({path: ImagePath}),
  tools: [],
  async run({inputs, options: {path}, output}) {
    for await (const entry of readTree(inputs.tree)) {
      if (entry.path !== path || entry.content === undefined) continue
      if ('bytes' in entry.content) return writeFile(output, entry.content.bytes)
      const {hostPath, offset, sizeBytes} = entry.content
      if (sizeBytes === 0) return writeFile(output, '')
      return pipeline(
        createReadStream(hostPath, {start: offset, end: offset + sizeBytes - 1}),
        createWriteStream(output),
      )
    }
    throw new HaosError('PACKAGE_INVALID', `the packages that should contain ${path} do not have it`, {
      hint: 'Check the names of kernel and boot loader packages in the recipe.',
    })
  },
})
