import type {Reporter, SerializedError, TestCase, TestModule} from 'vitest/node'

/** Milliseconds from which a test gets its own line during the run. */
const longMs = 20_000

/** File, describe blocks and title of a test. */
const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`

const noteOf = (note: string | undefined): string => (note === undefined ? '' : ` (${note})`)

/**
 * Ends a run with one line of plain counts, which programs can read: `N passed, N failed, N skipped`.
 * Until then it reports each boot file that starts and each test that failed or took long, with the time since the
 * start, so that an interrupted run shows where its time went. Before the counts it lists each skipped test.
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
    const {state} = test.result()
    if (ms < longMs && state !== 'failed') return
    this.#say(`${nameOf(test)}: ${state}, ${Math.round(ms / 1000)} s`)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length
    for (const test of tests) {
      const result = test.result()
      if (result.state === 'skipped') process.stdout.write(`skipped: ${nameOf(test)}${noteOf(result.note)}\n`)
    }
    // A timeout of the run, or the death of its worker, interrupted a test that never ended.
    const failed = count('failed') + count('pending') + broken + unhandled.length
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`)
  }

  #say(what: string): void {
    const seconds = Math.round((performance.now() - this.#started) / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    process.stdout.write(`[${time}] ${what}\n`)
  }
}
