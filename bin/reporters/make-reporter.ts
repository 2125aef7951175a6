import {jsonReporter} from './json.ts'
import {linesReporter} from './lines.ts'
import type {Reporter} from './reporter.ts'
import {terminalReporter} from './terminal.ts'

/** The reporter that fits: JSON lines, an animated terminal, or plain lines. */
export function makeReporter({events, quiet, verbose}: {events: boolean; quiet: boolean; verbose: boolean}): Reporter {
  if (events) return jsonReporter()
  if (quiet) return {report: () => {}, end: () => {}}
  return process.stderr.isTTY && !verbose ? terminalReporter() : linesReporter({verbose})
}
