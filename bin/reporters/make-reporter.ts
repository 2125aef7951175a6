import type {BuildEvent} from '#engine'
import {printable} from '../printable.ts'
import {jsonReporter} from './json.ts'
import {linesReporter} from './lines.ts'
import type {Reporter} from './reporter.ts'
import {terminalReporter} from './terminal.ts'

/** The reporter that fits: JSON lines, an animated terminal, or plain lines. */
export function makeReporter({events, quiet, verbose}: {events: boolean; quiet: boolean; verbose: boolean}): Reporter {
  if (events) return withoutControls(jsonReporter())
  if (quiet) return {report: () => {}, end: () => {}}
  return withoutControls(process.stderr.isTTY && !verbose ? terminalReporter() : linesReporter({verbose}))
}

/** A reporter that shows no control character and no secret of a tool, a server or a recipe. */
const withoutControls = ({report, end}: Reporter): Reporter => ({
  report: (event) => report(printableEvent(event)),
  end,
})

function printableEvent(event: BuildEvent): BuildEvent {
  switch (event.type) {
    case 'note':
    case 'alarm':
      return {...event, message: printable(event.message)}
    case 'step-failed':
      return {...event, name: printable(event.name), message: printable(event.message)}
    case 'tool-output':
      return {...event, line: printable(event.line)}
    case 'step-started':
    case 'step-finished':
      return {...event, name: printable(event.name)}
    default:
      return event
  }
}
