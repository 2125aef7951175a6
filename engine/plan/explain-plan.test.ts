import {readdirSync, readFileSync} from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {scratchDirectory} from '../../test/scratch.ts'
import {runPlan} from '../run/run-plan.ts'
import {Store} from '../store/store.ts'
import {Toolbox} from '../toolbox/toolbox.ts'
import {explainPlan} from './explain-plan.ts'
import {PlanBuilder} from './plan.ts'
import {defineStep} from './step.ts'

const configure = defineStep({
  kind: 'configure',
  revision: 1,
  summary: 'writes a config',
  inputs: {},
  output: 'file',
  options: z.strictObject({config: z.object({token: z.string(), hosts: z.array(z.string())}), size: z.int()}),
  tools: [],
  run: ({options, output}) => writeFile(output, JSON.stringify(options)),
})

async function office() {
  const store = await Store.open(join(scratchDirectory(), 'store'))
  const toolbox = new Toolbox()
  const plan = (token: string, host = 'a', size = 1) => {
    const builder = new PlanBuilder(0)
    const {step} = builder.add(configure, {}, {config: {token, hosts: [host]}, size}, 'config')
    const artifact = {name: 'x', alias: 'y', role: 'test', image: 'x', arch: 'amd64', step}
    return {plan: builder.finish([artifact]), kinds: builder.kinds}
  }
  const explain = async (...words: Parameters<typeof plan>) => {
    const {plan: wanted, kinds} = plan(...words)
    return (await explainPlan(wanted, {store, toolbox, kinds})).map(({reason}) => reason)
  }
  const run = async (...words: Parameters<typeof plan>) => {
    const {plan: wanted, kinds} = plan(...words)
    const logs = join(store.directory, 'logs')
    await runPlan(wanted, {store, toolbox, kinds, logs, emit: () => {}, signal: new AbortController().signal})
  }
  return {store, explain, run}
}

test('what is remembered of a step tells which of its options changed', async () => {
  const {explain, run} = await office()

  expect(await explain('secret')).toEqual(['was never made here'])
  await run('secret')
  expect(await explain('secret')).toEqual([undefined])
  expect(await explain('other')).toEqual(['changed: config.token'])
  expect(await explain('secret', 'b', 2)).toEqual(['changed: config.hosts.0, size'])
})

test('what is remembered of a step holds no value of its options', async () => {
  const {store, run} = await office()
  await run('secret-of-the-cluster')
  const state = join(store.directory, 'state')

  expect(readdirSync(state)).toEqual(['step-config.json'])
  expect(readFileSync(join(state, 'step-config.json'), 'utf8')).not.toContain('secret-of-the-cluster')
})
