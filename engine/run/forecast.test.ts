import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {scratchDirectory} from '../../test/scratch.ts'
import {PlanBuilder} from '../plan/plan.ts'
import {defineStep} from '../plan/step.ts'
import {Store} from '../store/store.ts'
import {Toolbox} from '../toolbox/toolbox.ts'
import {forecastBuild} from './forecast.ts'

const note = defineStep({
  kind: 'note',
  revision: 1,
  summary: 'writes a text',
  inputs: {},
  output: 'file',
  options: z.strictObject({text: z.string()}),
  tools: [],
  run: ({options: {text}, output}) => writeFile(output, text),
})

test('a check counts as a step if the step that it guards has to run', async () => {
  const plan = new PlanBuilder(0)
  const [made, idle] = [plan.add(note, {}, {text: 'made'}), plan.add(note, {}, {text: 'of no artifact'})]
  plan.check(plan.add(note, {}, {text: 'check'}), {before: made})
  plan.check(plan.add(note, {}, {text: 'idle check'}), {before: idle})
  const artifact = {name: 'a', alias: 'a', role: 'a', image: 'a', arch: 'a', step: made.step}
  const store = await Store.open(join(scratchDirectory(), 'store'))
  const options = {store, toolbox: new Toolbox(), kinds: plan.kinds}

  expect(await forecastBuild(plan.finish([artifact]), options)).toMatchObject({steps: 2, downloads: 0})
})
