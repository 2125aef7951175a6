import type {Reporter, SerializedError, TestCase, TestModule} from 'vitest/node'

/** Milliseconds from which on a test is worth a line of its own while the run goes on. */
const longMs = 20_000

/**
 * Ends a run with one line of plain counts, which programs can read: `N passed, N failed, N skipped`.
 * Until then it tells of each boot file that starts and of each test that took long, with the time since the start,
 * so that a run that is cut off shows where its time went.
 *
 * A file that could not be loaded, and an error outside of any test, count as failures.
 */
export class CountReporter implements Reporter {
  readonly #started = performance.now()

  onTestModuleStart(module: TestModule): void {
    if (module.project.name !== 'unit') this.#say(`${module.relativeModuleId} starts`)
  }

  onTestCaseResult(test: TestCase): void {
    const ms = test.diagnostic()?.duration ?? 0
    if (ms < longMs) return
    this.#say(`${test.module.relativeModuleId} > ${test.name}: ${test.result().state}, ${Math.round(ms / 1000)} s`)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length
    // A test that never ended was cut off by a timeout of the run, or by its worker's death.
    const failed = count('failed') + count('pending') + broken + unhandled.length
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`)
  }

  #say(what: string): void {
    const seconds = Math.round((performance.now() - this.#started) / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    process.stdout.write(`[${time}] ${what}\n`)
  }
}
