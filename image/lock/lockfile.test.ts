import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {loadLockfile} from './lockfile.ts'

test('a lock file that is a directory is invalid', async () => {
  const path = join(scratchDirectory(), 'haos.lock.json')
  mkdirSync(path)

  await expect(loadLockfile(path)).rejects.toMatchObject({code: 'LOCK_INVALID', details: {at: path}})
})

test("a lock file of another format is invalid, with its first three problems and without the parser's JSON", async () => {
  const path = join(scratchDirectory(), 'haos.lock.json')
  const packages = Array.from({length: 100}, () => ({}))
  writeFileSync(path, JSON.stringify({$comment: '', version: 1, sets: {a: {request: 'a'.repeat(64), packages}}}))
  const error: unknown = await loadLockfile(path).catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({code: 'LOCK_INVALID', details: {at: path, cause: undefined}})
  expect(error).toHaveProperty('details.problems.length', 3)
  expect(error).toHaveProperty('details.problems[0].path', 'sets.a.packages.0.name')
})
