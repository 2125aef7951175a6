import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {Durations} from './durations.ts'
import {runWhatFits} from './run-what-fits.ts'

/** Runs passing files of the given seconds each, on a machine that has run them before, within a limit. */
async function runAll(files: Readonly<Record<string, number>>, limit: number, {cut = [] as readonly string[]} = {}) {
  const report = join(scratchDirectory(), 'report.json')
  const durations = new Durations(report)
  for (const [path, seconds] of Object.entries(files)) durations.record(path, seconds)
  let left = limit
  const said: string[] = []
  const total = await runWhatFits(Object.keys(files), {
    durations,
    leftSeconds: () => left,
    async run(path) {
      const [isCut, seconds] = [cut.includes(path), files[path] ?? 0]
      left -= seconds
      return {counts: {passed: isCut ? 0 : 1, failed: isCut ? 1 : 0, skipped: 0}, isCut, seconds}
    },
    say: (text) => said.push(text),
  })
  const unfit = said.flatMap((text) => (text.startsWith('did not fit: ') ? [text.slice(13)] : []))
  return {total, unfit, bound: (path: string) => new Durations(report).boundOf(path)}
}

test('without a limit all files run', async () => {
  const {total, unfit} = await runAll({a: 100, b: 90_000}, Number.POSITIVE_INFINITY)
  expect({total, unfit}).toEqual({total: {passed: 2, failed: 0, skipped: 0}, unfit: []})
})

test('a file that may not end in time is reported, and a shorter one after it runs', async () => {
  const {total, unfit} = await runAll({a: 500, b: 3000, c: 100}, 1000)
  expect({total, unfit}).toEqual({total: {passed: 2, failed: 0, skipped: 0}, unfit: ['b']})
})

test('a machine on which each file takes longer runs fewer', async () => {
  const {total} = await runAll({a: 100, b: 100, c: 100}, 1000)
  const slow = await runAll({a: 400, b: 400, c: 400}, 1000)
  expect(total.passed).toBeGreaterThan(slow.total.passed)
  expect(slow.total.passed).toBeGreaterThan(0)
})

test('an aborted file is reported, its failures count, and it gets more time the next time', async () => {
  const {total, unfit, bound} = await runAll({a: 500}, 1000, {cut: ['a']})
  expect({total, unfit}).toEqual({total: {passed: 0, failed: 1, skipped: 0}, unfit: ['a (cut)']})
  expect(bound('a')).toBeGreaterThan(500)
})
