import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {build} from 'esbuild'
import {parseEvents} from 'js-yaml'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {scratchDirectory} from '../../../test/scratch.ts'
import {withoutYamlWriter} from './without-yaml-writer.ts'

const Module = z.object({parse: z.custom<typeof parseEvents>((value) => typeof value === 'function')})

test('the writing half of js-yaml is removed, and the rest parses as before', async () => {
  const outfile = join(scratchDirectory(), 'parse.mjs')
  await build({
    stdin: {contents: "export {parseEvents as parse} from 'js-yaml'", resolveDir: import.meta.dirname},
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    plugins: [withoutYamlWriter],
    outfile,
  })

  const text = 'a: &x [1, "two\\n", {b: !!binary aGk=}]\nc: |\n  text\nd: *x\n'
  const {parse} = Module.parse(await import(pathToFileURL(outfile).href))
  expect(parse(text, {})).toEqual(parseEvents(text, {}))
  expect(readFileSync(outfile, 'utf8')).not.toMatch(/skipInvalid|tag:yaml\.org,2002:timestamp/)
})
