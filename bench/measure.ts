import {performance} from 'node:perf_hooks'
import {$} from 'zx'

/** Wall time of a command in seconds. Throws an error with its output if it fails. */
export function secondsOf(
  file: string,
  args: readonly string[],
  options: {readonly cwd?: string; readonly env?: NodeJS.ProcessEnv} = {},
): number {
  const started = performance.now()
  $.sync({...options, quiet: true})`${file} ${args}`
  return (performance.now() - started) / 1000
}

/** The median of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export interface Line {
  readonly what: string
  readonly seconds: number
  /** The baseline, measured in the same run. */
  readonly baseline?: {readonly name: string; readonly seconds: number}
  /** The target, if any: the maximum ratio, or the maximum seconds if there is no baseline. */
  readonly target?: number
  /** The maximum seconds where a baseline is only for comparison. */
  readonly limit?: number
}

/** Prints a measurement, and whether its target is met. */
export function printLine({what, seconds, baseline, target, limit}: Line): void {
  const value = baseline === undefined ? seconds : seconds / baseline.seconds
  const unit = baseline === undefined ? ' s' : ''
  const compared =
    baseline === undefined ? '' : ` = ${value.toFixed(2)} × ${baseline.name} (${baseline.seconds.toFixed(2)} s)`
  const verdict = target === undefined ? '' : `; target ≤ ${target}${unit}: ${value <= target ? 'met' : 'missed'}`
  const limited = limit === undefined ? '' : `; limit ≤ ${limit} s: ${seconds <= limit ? 'met' : 'missed'}`
  console.log(`${what.padEnd(28)} ${seconds.toFixed(2)} s${compared}${verdict}${limited}`)
}
