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
import {type Plan, PlanBuilder} from './plan.ts'
import {defineStep} from './step.ts'
import type {StepOwners} from './step-owners.ts'

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
  const ownedBy = (key: string | undefined, {steps}: Plan): StepOwners | undefined =>
    key === undefined ? undefined : new Map(steps.map(({id}) => [id, [{key, recipe: 'haos.build.ts'}]]))
  const at = (owner: string | undefined) => ({
    explain: async (...words: Parameters<typeof plan>) => {
      const {plan: wanted, kinds} = plan(...words)
      const explained = await explainPlan(wanted, {store, toolbox, kinds, owners: ownedBy(owner, wanted)})
      return explained.map(({reason}) => reason)
    },
    run: async (...words: Parameters<typeof plan>) => {
      const {plan: wanted, kinds} = plan(...words)
      const {signal} = new AbortController()
      const options = {store, toolbox, kinds, logs: join(store.directory, 'logs'), emit: () => {}, signal}
      await runPlan(wanted, {...options, owners: ownedBy(owner, wanted)})
    },
  })
  return {store, at, ...at(undefined)}
}

test('the record of a step shows which of its options changed', async () => {
  const {explain, run} = await office()

  expect(await explain('secret')).toEqual(['was never built here'])
  await run('secret')
  expect(await explain('secret')).toEqual([undefined])
  expect(await explain('other')).toEqual(['changed: config.token'])
  expect(await explain('secret', 'b', 2)).toEqual(['changed: config.hosts.0, size'])
})

test('the record of a step contains no values of its options', async () => {
  const {store, run} = await office()
  await run('secret-of-the-cluster')
  const state = join(store.directory, 'state')

  const remembered = readdirSync(state)
  expect(remembered).toContain('step-config.json')
  for (const name of remembered) expect(readFileSync(join(state, name), 'utf8')).not.toContain('secret-of-the-cluster')
})

test('a step is compared with the last build of the same image of the same project', async () => {
  const {at} = await office()
  const [edge, core] = [at('edge'), at('core')]
  await edge.run('secret')
  await core.run('other', 'b', 2)

  expect(await edge.explain('secret', 'c')).toEqual(['changed: config.hosts.0'])
  expect(await core.explain('other', 'b', 3)).toEqual(['changed: size'])
  expect(await at('new').explain('secret', 'c')).toEqual(['was never built here'])
})
