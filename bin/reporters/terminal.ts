import {styleText} from 'node:util'
import {createLogUpdate} from 'log-update'
import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import {BuildProgress} from './build-progress.ts'
import {renderAlarm} from './render-alarm.ts'
import type {Reporter} from './reporter.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

interface Running {
  readonly name: string
  readonly since: number
}

/** The running steps, animated, below one line for each finished step. Cached steps are not mentioned. */
export function terminalReporter(): Reporter {
  const update = createLogUpdate(process.stderr)
  const running = new Map<string, Running>()
  const downloads = {running: 0, finished: 0, doneBytes: 0, current: new Map<string, number>()}
  const progress = new BuildProgress()
  let frame = 0
  let isDrawn = false
  const dim = (text: string) => styleText('dim', text, {stream: process.stderr})

  const draw = () => {
    const now = performance.now()
    const lines = [...running.values()].map(
      ({name, since}) =>
        `${frames[frame % frames.length]} ${name.padEnd(20)} ${dim(prettyMs(Math.round((now - since) / 100) * 100))}`,
    )
    if (downloads.running > 0) {
      const bytes = downloads.doneBytes + [...downloads.current.values()].reduce((sum, size) => sum + size, 0)
      lines.push(
        `${frames[frame % frames.length]} ${'downloads'.padEnd(20)} ${downloads.finished} done, ${downloads.running} running  ${prettyBytes(bytes)}`,
      )
    }
    const text = lines.length > 0 ? progress.text(now) : undefined
    if (text !== undefined) lines.push(dim(`  ${text}`))
    if (lines.length > 0) update(lines.join('\n'))
    // A following program, such as a machine, gets the terminal to itself, with a cursor.
    else if (isDrawn) {
      update.clear()
      update.done()
    }
    isDrawn = lines.length > 0
  }
  const say = (line: string) => {
    if (isDrawn) update.clear()
    process.stderr.write(`${line}\n`)
    draw()
  }
  const timer = setInterval(() => {
    frame += 1
    draw()
  }, 100).unref()

  return {
    report(event) {
      progress.see(event, performance.now())
      switch (event.type) {
        case 'step-started':
          if (event.kind === 'fetch') downloads.running += 1
          else running.set(event.step, {name: event.name, since: performance.now()})
          return
        case 'progress':
          downloads.current.set(event.step, event.doneBytes)
          return
        case 'step-finished':
          if (event.kind === 'fetch') {
            downloads.running -= 1
            downloads.finished += 1
            downloads.doneBytes += event.sizeBytes
            downloads.current.delete(event.step)
            return
          }
          running.delete(event.step)
          return say(
            `  ${event.name.padEnd(20)} ${dim(event.step.slice(0, 6))} ${prettyMs(event.durationMs).padStart(8)} ${prettyBytes(event.sizeBytes).padStart(9)}`,
          )
        case 'step-failed':
          running.delete(event.step)
          return say(`${styleText('red', '✗', {stream: process.stderr})} ${event.name}: ${event.message}`)
        case 'note':
          return say(`  ${event.message}`)
        case 'alarm':
          return say(`  ${renderAlarm(event.message)}`)
        default:
          return
      }
    },
    end() {
      clearInterval(timer)
      if (!isDrawn) return
      update.clear()
      update.done()
    },
  }
}
