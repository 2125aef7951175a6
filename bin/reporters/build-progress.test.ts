import {expect, test} from 'vitest'
import {BuildProgress} from './build-progress.ts'

const step = (id: string, kind = 'squashfs') => ({step: id, name: id, kind})
const finished = (id: string, kind?: string, sizeBytes = 0) =>
  ({type: 'step-finished', ...step(id, kind), durationMs: 1, sizeBytes, digest: 'd'}) as const

test('steps and downloads are counted against the forecast, and the remaining time is shown', () => {
  const progress = new BuildProgress()
  expect(progress.text(0)).toBeUndefined()

  const expectedMs = {root: 20_000, iso: 10_000}
  progress.see({type: 'plan', steps: 2, downloads: 2, downloadBytes: 4000, expectedMs}, 0)
  expect(progress.plan).toBe('2 steps, 2 downloads (4 kB)')
  expect(progress.text(0)).toBe('0 of 2 steps, 0 of 2 downloads (0 B of 4 kB)')

  progress.see({type: 'step-started', ...step('a', 'fetch')}, 0)
  progress.see({type: 'progress', step: 'a', doneBytes: 1000, totalBytes: 2000}, 1000)
  // 3000 bytes at 1000 a second, and what both steps took the last time.
  expect(progress.text(1000)).toBe('0 of 2 steps, 0 of 2 downloads (1 kB of 4 kB), about 33s left')

  progress.see(finished('a', 'fetch', 2000), 2000)
  progress.see(finished('b', 'fetch', 2000), 4000)
  progress.see({type: 'step-started', ...step('root')}, 4000)
  expect(progress.text(9000)).toBe('0 of 2 steps, 2 of 2 downloads (4 kB of 4 kB), about 25s left')
  progress.see(finished('root'), 24_000)
  expect(progress.steps).toBe('1 of 2')
})

test('no time is shown for a step that never ran, and nothing if nothing is to be done', () => {
  const progress = new BuildProgress()
  progress.see({type: 'plan', steps: 2, downloads: 0, downloadBytes: 0, expectedMs: {root: 5000}}, 0)
  expect([progress.plan, progress.text(0)]).toEqual(['2 steps', '0 of 2 steps'])

  progress.see({type: 'plan', steps: 0, downloads: 0, downloadBytes: 0, expectedMs: {}}, 0)
  expect([progress.plan, progress.text(0)]).toEqual([undefined, undefined])
})
