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

test('a long step is reported again while it runs, and not after it has finished', () => {
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

test('a message is printed once if no step runs', () => {
  const {report, end} = linesReporter({verbose: false})
  report({type: 'note', message: 'KVM is not used'})
  vi.advanceTimersByTime(100_000)

  expect(printed).toBe('KVM is not used\n')
  end()
})

test('one download is called one', () => {
  const {report, end} = linesReporter({verbose: false})
  const download = {step: 'b', name: 'htop', kind: 'fetch'}
  report({type: 'step-started', ...download})
  report({type: 'step-finished', ...download, durationMs: 1, sizeBytes: 5, digest: 'd'})
  report({type: 'step-started', ...step})

  expect(printed).toBe('[finished] 1 download  5 B\n[started] packages layer\n')
  end()
})
