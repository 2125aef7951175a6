import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {Durations} from './durations.ts'

test('what this machine has run before is bound by more than that took, and the rest by one bound', () => {
  const file = join(scratchDirectory(), 'cache', 'report.json')
  const before = new Durations(file)
  const unknown = before.boundOf('a')
  before.record('a', 100)

  const after = new Durations(file)
  expect(after.boundOf('a')).toBeGreaterThan(100)
  expect(after.boundOf('a')).toBeLessThan(unknown)
  expect(after.boundOf('b')).toBe(unknown)
})

test('a file that was cut is known to take longer, and not shorter than it did once', () => {
  const durations = new Durations(join(scratchDirectory(), 'report.json'))
  durations.record('a', 3000)
  durations.record('a', 10, {isCut: true})

  expect(durations.boundOf('a')).toBeGreaterThan(3000)
})

test('a damaged report is an empty one', () => {
  const file = join(scratchDirectory(), 'report.json')
  writeFileSync(file, '{"a": "soon"')

  expect(new Durations(file).boundOf('a')).toBe(new Durations(join(scratchDirectory(), 'none')).boundOf('a'))
})
