import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import {BuildProgress} from './build-progress.ts'
import {renderAlarm} from './render-alarm.ts'
import type {Reporter} from './reporter.ts'

/** Silence after which running steps are reported again: some CI systems end a job that prints nothing. */
const HEARTBEAT_MS = 30_000

/** One line for each event, once: for logs and pipes. */
export function linesReporter({verbose}: {readonly verbose: boolean}): Reporter {
  const running = new Set<string>()
  const progress = new BuildProgress()
  let fetching = 0
  let heartbeat: NodeJS.Timeout | undefined
  const howFar = () => {
    const text = progress.text(performance.now())
    return text === undefined ? '' : `  (${text})`
  }
  const say = (line: string) => {
    process.stderr.write(`${line}\n`)
    clearTimeout(heartbeat)
    heartbeat = setTimeout(() => {
      // A machine or a server that was started has the terminal to itself.
      if (running.size + fetching > 0)
        say(`[running] ${[...running].join(', ') || countDownloads(fetching)}${howFar()}`)
    }, HEARTBEAT_MS).unref()
  }
  let downloads = {count: 0, sizeBytes: 0}
  const ofSteps = () => (progress.steps === undefined ? '' : `  (${progress.steps})`)
  const sayDownloads = () => {
    if (downloads.count > 0) say(`[finished] ${countDownloads(downloads.count)}  ${prettyBytes(downloads.sizeBytes)}`)
    downloads = {count: 0, sizeBytes: 0}
  }
  return {
    report(event) {
      progress.see(event, performance.now())
      switch (event.type) {
        case 'plan':
          return progress.plan === undefined ? undefined : say(`[plan] ${progress.plan}`)
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
          return say(
            `[finished] ${event.name}  ${prettyMs(event.durationMs)}  ${prettyBytes(event.sizeBytes)}${ofSteps()}`,
          )
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

const countDownloads = (count: number): string => `${count} ${count === 1 ? 'download' : 'downloads'}`
