import type {Reporter} from './reporter.ts'

/** One event per line on standard output. */
export const jsonReporter = (): Reporter => ({
  report: (event) => {
    process.stdout.write(`${JSON.stringify(event)}\n`)
  },
  end: () => {},
})
