import {addCounts, type Counts, renderCounts} from './counts.ts'
import type {Durations} from './durations.ts'
import type {FileResult} from './run-file.ts'

export interface FitOptions {
  readonly durations: Durations
  /** Remaining seconds; infinite without a limit. */
  leftSeconds(): number
  /** Runs one file, and aborts it when no time is left. */
  run(path: string): Promise<FileResult>
  say(text: string): void
}

/** Runs, one after another, the files that are expected to end in time. Reports the result of each, and the files that did not fit. */
export async function runWhatFits(
  paths: readonly string[],
  {durations, leftSeconds, run, say}: FitOptions,
): Promise<Counts> {
  const unfit: string[] = []
  let total: Counts = {passed: 0, failed: 0, skipped: 0}
  for (const path of paths) {
    if (durations.boundOf(path) > leftSeconds()) {
      unfit.push(path)
      continue
    }
    say(`${path} starts`)
    const result = await run(path)
    durations.record(path, result.seconds, result)
    total = addCounts(total, result.counts)
    if (result.isCut) unfit.push(`${path} (cut)`)
    say(`${path}: ${result.isCut ? 'cut, ' : ''}${renderCounts(result.counts)}, ${Math.round(result.seconds)} s`)
  }
  for (const path of unfit) say(`did not fit: ${path}`)
  return total
}
