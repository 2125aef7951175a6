import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import {renderAlarm} from './render-alarm.ts'
import type {Reporter} from './reporter.ts'

/** Silence of running steps after which we say that they still run: some CI systems end a job that prints nothing. */
const HEARTBEAT_MS = 30_000

/** One line for each thing that happens, once: for logs and pipes. */
export function linesReporter({verbose}: {readonly verbose: boolean}): Reporter {
  const running = new Set<string>()
  let fetching = 0
  let heartbeat: NodeJS.Timeout | undefined
  const say = (line: string) => {
    process.stderr.write(`${line}\n`)
    clearTimeout(heartbeat)
    heartbeat = setTimeout(() => {
      // A machine or a server that was started has the terminal to itself.
      if (running.size + fetching > 0) say(`[running] ${[...running].join(', ') || `${fetching} downloads`}`)
    }, HEARTBEAT_MS).unref()
  }
  let downloads = {count: 0, sizeBytes: 0}
  const sayDownloads = () => {
    if (downloads.count > 0) say(`[finished] ${downloads.count} downloads  ${prettyBytes(downloads.sizeBytes)}`)
    downloads = {count: 0, sizeBytes: 0}
  }
  return {
    report(event) {
      switch (event.type) {
        case 'step-started':
          if (event.kind === 'fetch') {
            fetching += 1
            return
          }
          sayDownloads()
          running.add(event.name)
          return say(`[started] ${event.name}`)
        case 'step-finished':
          if (event.kind === 'fetch') {
            fetching -= 1
            downloads = {count: downloads.count + 1, sizeBytes: downloads.sizeBytes + event.sizeBytes}
            return
          }
          running.delete(event.name)
          return say(`[finished] ${event.name}  ${prettyMs(event.durationMs)}  ${prettyBytes(event.sizeBytes)}`)
        case 'step-failed':
          running.delete(event.name)
          return say(`[failed] ${event.name}: ${event.message}`)
        case 'note':
          return say(event.message)
        case 'alarm':
          return say(renderAlarm(event.message))
        case 'tool-output':
          return verbose ? say(`  | ${event.line}`) : undefined
        default:
          return undefined
      }
    },
    end() {
      sayDownloads()
      clearTimeout(heartbeat)
    },
  }
}
