import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {PlanBuilder} from '../engine/plan/plan.ts'
import {Store} from '../engine/store/store.ts'
import {Toolbox} from '../engine/toolbox/toolbox.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {buildImages} from './build.ts'

test('a file at the path of the log directory is refused with its path', async () => {
  const directory = scratchDirectory()
  const out = join(directory, 'out')
  const logs = join(out, 'logs')
  mkdirSync(out)
  writeFileSync(logs, '')
  const built = buildImages(
    {
      plan: new PlanBuilder(0).finish([]),
      kinds: new Map(),
      facts: new Map(),
      privileged: new Map(),
      kernels: [],
      owners: new Map(),
    },
    {
      store: await Store.open(join(directory, 'store')),
      toolbox: new Toolbox(),
      out,
      emit: () => {},
      signal: new AbortController().signal,
    },
  )

  await expect(built).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE', details: {at: logs}})
})
