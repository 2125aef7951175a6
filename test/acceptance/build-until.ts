import type {BuildEvent} from '#engine'
import type {Workplace} from './tiny-world.ts'

/** Builds, and sends a signal to the process group some milliseconds after the given event. */
export async function buildUntil(
  place: Workplace,
  signal: NodeJS.Signals,
  delayMs: (event: BuildEvent) => number | undefined,
): Promise<{status: number | undefined; stderr: string; events: readonly BuildEvent[]; isSent: boolean}> {
  const running = place.start(['iso', '--events'])
  const events: BuildEvent[] = []
  let isSent = false
  const send = () => {
    if (!isSent && running.pid !== undefined) process.kill(-running.pid, signal)
    isSent = true
  }
  let timer: NodeJS.Timeout | undefined
  for await (const line of running.iterable()) {
    if (!line.startsWith('{')) continue
    const event: BuildEvent = JSON.parse(line)
    events.push(event)
    const delay = isSent ? undefined : delayMs(event)
    if (delay === 0) send()
    else if (delay !== undefined) timer ??= setTimeout(send, delay)
  }
  clearTimeout(timer)
  const {exitCode, stderr} = await running
  return {status: exitCode, stderr, events, isSent}
}
