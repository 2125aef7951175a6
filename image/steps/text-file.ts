import {writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'

/** Writes a text that is part of the plan. */
export const textFile = defineStep({
  kind: 'text-file',
  revision: 1,
  summary: 'writes a small file',
  inputs: {},
  output: 'file',
  options: z.strictObject({text: z.string()}),
  tools: [],
  run: ({options: {text}, output}) => writeFile(output, text),
})
