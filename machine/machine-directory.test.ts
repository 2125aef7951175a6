import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
import {makeMachineDirectory} from './machine-directory.ts'

test('the next machine removes the directory of a killed process, but not that of a living one', async () => {
  const parent = scratchDirectory()
  const abandoned = await makeMachineDirectory(parent)
  const ours = await makeMachineDirectory(parent)
  const owner = readFileSync(join(abandoned, 'owner'), 'utf8').split(' ')
  // The same PID, but a process that started at another time.
  writeFileSync(join(abandoned, 'owner'), [owner[0], owner[1], '1'].join(' '))

  await makeMachineDirectory(parent)

  expect(existsSync(abandoned)).toBe(false)
  expect(existsSync(ours)).toBe(true)
})

test('the directory of a process in another PID namespace is kept', async () => {
  const parent = scratchDirectory()
  const foreign = await makeMachineDirectory(parent)
  writeFileSync(join(foreign, 'owner'), '1 999 1')

  await makeMachineDirectory(parent)

  expect(existsSync(foreign)).toBe(true)
})
