import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {Durations} from './durations.ts'

test('a file that this machine has run before may take somewhat longer, and all others have the same limit', () => {
  const file = join(scratchDirectory(), 'cache', 'report.json')
  const before = new Durations(file)
  const unknown = before.boundOf('a')
  before.record('a', 100)

  const after = new Durations(file)
  expect(after.boundOf('a')).toBeGreaterThan(100)
  expect(after.boundOf('a')).toBeLessThan(unknown)
  expect(after.boundOf('b')).toBe(unknown)
})

test('a file that was aborted is expected to take longer, and never shorter than before', () => {
  const durations = new Durations(join(scratchDirectory(), 'report.json'))
  durations.record('a', 3000)
  durations.record('a', 10, {isCut: true})

  expect(durations.boundOf('a')).toBeGreaterThan(3000)
})

test('a damaged report counts as empty', () => {
  const file = join(scratchDirectory(), 'report.json')
  writeFileSync(file, '{"a": "soon"')

  expect(new Durations(file).boundOf('a')).toBe(new Durations(join(scratchDirectory(), 'none')).boundOf('a'))
})
