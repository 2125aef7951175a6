import type {BuildEvent} from '#engine'
import {jsonReporter} from './json.ts'
import {linesReporter} from './lines.ts'
import {terminalReporter} from './terminal.ts'

/** Shows what happens. */
export interface Reporter {
  report(event: BuildEvent): void
  /** Called once when nothing more will come. */
  end(): Promise<void> | void
}

/** The reporter that fits: JSON lines, an animated terminal, or plain lines. */
export function makeReporter({json, quiet, verbose}: {json: boolean; quiet: boolean; verbose: boolean}): Reporter {
  if (json) return jsonReporter()
  if (quiet) return {report: () => {}, end: () => {}}
  return process.stderr.isTTY && !verbose ? terminalReporter() : linesReporter({verbose})
}
