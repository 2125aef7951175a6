import {performance} from 'node:perf_hooks'
import {$} from 'zx'

/** Seconds of wall time that a command takes. Throws, with what it printed, when it fails. */
export function secondsOf(
  file: string,
  args: readonly string[],
  options: {readonly cwd?: string; readonly env?: NodeJS.ProcessEnv} = {},
): number {
  const started = performance.now()
  $.sync({...options, quiet: true})`${file} ${args}`
  return (performance.now() - started) / 1000
}

/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export interface Line {
  readonly what: string
  readonly seconds: number
  /** What it is compared with, measured in the same run. */
  readonly baseline?: {readonly name: string; readonly seconds: number}
  /** What we want, if anything: at most this ratio, or at most this many seconds where there is no baseline. */
  readonly aim?: number
}

/** Prints a measurement as soon as there is one, and says whether an aim is met. */
export function printLine({what, seconds, baseline, aim}: Line): void {
  const value = baseline === undefined ? seconds : seconds / baseline.seconds
  const unit = baseline === undefined ? ' s' : ''
  const compared =
    baseline === undefined ? '' : ` = ${value.toFixed(2)} × ${baseline.name} (${baseline.seconds.toFixed(2)} s)`
  const verdict = aim === undefined ? '' : `; aim ≤ ${aim}${unit}: ${value <= aim ? 'met' : 'missed'}`
  console.log(`${what.padEnd(28)} ${seconds.toFixed(2)} s${compared}${verdict}`)
}
