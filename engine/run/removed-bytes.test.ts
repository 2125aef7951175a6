import {readFileSync, rmSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test, vi} from 'vitest'
import * as z from 'zod'
import {scratchDirectory} from '../../test/scratch.ts'
import {PlanBuilder} from '../plan/plan.ts'
import {defineStep} from '../plan/step.ts'
import {digestOfBytes} from '../store/digest.ts'
import {Store} from '../store/store.ts'
import {Toolbox} from '../toolbox/toolbox.ts'
import {runPlan} from './run-plan.ts'

/** Writes a text whose digest is known beforehand, as that of a download is. */
const known = defineStep({
  kind: 'known',
  revision: 1,
  summary: 'writes a known text',
  inputs: {},
  output: 'file',
  options: z.strictObject({text: z.string()}),
  tools: [],
  digest: ({text}) => digestOfBytes(Buffer.from(text)),
  run: ({options: {text}, output}) => writeFile(output, text),
})

/** The beginning of a text. */
const beginning = defineStep({
  kind: 'beginning',
  revision: 1,
  summary: 'cuts a text',
  inputs: {text: 'file'},
  output: 'file',
  options: z.strictObject({length: z.int()}),
  tools: [],
  run: async ({inputs, options: {length}, output}) =>
    writeFile(output, (await readFile(inputs.text, 'utf8')).slice(0, length)),
})

test('bytes that another process removes at the moment in which they are found are made again', async () => {
  const directory = scratchDirectory()
  const store = await Store.open(join(directory, 'store'))
  const run = async (length: number) => {
    const plan = new PlanBuilder(0)
    const {step} = plan.add(beginning, {text: plan.add(known, {}, {text: 'hello'})}, {length})
    const artifact = {name: 'out', alias: 'out-alias', role: 'test', image: 'x', arch: 'amd64', step}
    const records = await runPlan(plan.finish([artifact]), {
      ...{store, toolbox: new Toolbox(), kinds: plan.kinds, logs: join(directory, 'logs')},
      emit: () => {},
      signal: new AbortController().signal,
    })
    return readFileSync(store.blobPath(records.get(step)?.digest ?? ''), 'utf8')
  }
  expect(await run(4)).toBe('hell')

  const digest = digestOfBytes(Buffer.from('hello'))
  const has = store.has.bind(store)
  let asked = 0
  vi.spyOn(store, 'has').mockImplementation((wanted, sizeBytes) => {
    const there = has(wanted, sizeBytes)
    // The first time is when the bytes are marked as used.
    if (wanted === digest && ++asked === 2) rmSync(store.blobPath(digest))
    return there
  })
  expect(await run(3)).toBe('hel')
})
