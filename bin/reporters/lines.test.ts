import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {linesReporter} from './lines.ts'

const step = {step: 'a', name: 'packages layer', kind: 'squashfs'}
let printed = ''
beforeEach(() => {
  printed = ''
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('a step that takes long is named again while it runs, and not when it has finished', () => {
  const {report, end} = linesReporter({verbose: false})
  report({type: 'step-started', ...step})
  vi.advanceTimersByTime(31_000)
  expect(printed).toBe('[started] packages layer\n[running] packages layer\n')

  report({type: 'step-finished', ...step, durationMs: 62_000, sizeBytes: 5, digest: 'd'})
  printed = ''
  vi.advanceTimersByTime(100_000)
  expect(printed).toBe('')
  end()
})

test('what is said while nothing runs is said once', () => {
  const {report, end} = linesReporter({verbose: false})
  report({type: 'note', message: 'KVM is not used'})
  vi.advanceTimersByTime(100_000)

  expect(printed).toBe('KVM is not used\n')
  end()
})
