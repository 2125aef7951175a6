/** The counts at the end of a test run. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Parses the last line of a run; undefined for any other line. */
export function parseCounts(line: string): Counts | undefined {
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? []
  return passed === undefined ? undefined : {passed: Number(passed), failed: Number(failed), skipped: Number(skipped)}
}

export const addCounts = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

export const renderCounts = ({passed, failed, skipped}: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`
