import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import type {BuildEvent} from '#engine'

/** A build's progress, counted from its events. */
export class BuildProgress {
  #forecast: Extract<BuildEvent, {type: 'plan'}> | undefined
  #firstDownloadMs: number | undefined
  readonly #finished = new Set<string>()
  readonly #since = new Map<string, number>()
  readonly #doneBytes = new Map<string, number>()
  readonly #downloads = new Set<string>()

  /** Takes an event and its time, in milliseconds of any monotonic clock. */
  see(event: BuildEvent, nowMs: number): void {
    if (event.type === 'plan') {
      this.#forecast = event
      for (const known of [this.#finished, this.#since, this.#doneBytes, this.#downloads]) known.clear()
      this.#firstDownloadMs = undefined
    }
    if (event.type === 'step-started') {
      this.#since.set(event.step, nowMs)
      if (event.kind !== 'fetch') return
      this.#firstDownloadMs ??= nowMs
      this.#downloads.add(event.step)
    }
    if (event.type === 'progress') this.#doneBytes.set(event.step, event.doneBytes)
    if (event.type === 'step-finished') {
      this.#finished.add(event.step)
      if (event.kind !== 'fetch') return
      this.#downloads.add(event.step)
      this.#doneBytes.set(event.step, event.sizeBytes)
    }
  }

  /** The remaining work in words; undefined if nothing is to be done, or before the forecast. */
  get plan(): string | undefined {
    const {steps = 0, downloads = 0, downloadBytes = 0} = this.#forecast ?? {}
    if (steps + downloads === 0) return undefined
    const left = this.#leftMs(0)
    return [
      `${steps} ${steps === 1 ? 'step' : 'steps'}`,
      ...(downloads === 0
        ? []
        : [`${downloads} ${downloads === 1 ? 'download' : 'downloads'} (${prettyBytes(downloadBytes)})`]),
      ...(left === undefined || downloads > 0 ? [] : [`about ${seconds(left)}`]),
    ].join(', ')
  }

  /** `3 of 12`: finished steps, without downloads. */
  get steps(): string | undefined {
    const total = this.#forecast?.steps ?? 0
    return total === 0 ? undefined : `${this.#count(false)} of ${total}`
  }

  /** The progress, and the remaining time if earlier builds allow an estimate. */
  text(nowMs: number): string | undefined {
    if (this.#forecast === undefined || this.plan === undefined) return undefined
    const {downloads, downloadBytes} = this.#forecast
    const left = this.#leftMs(nowMs)
    return [
      `${this.steps ?? 0} steps`,
      ...(downloads === 0
        ? []
        : [
            `${this.#count(true)} of ${downloads} downloads (${prettyBytes(this.#bytes)} of ${prettyBytes(downloadBytes)})`,
          ]),
      ...(left === undefined ? [] : [`about ${seconds(left)} left`]),
    ].join(', ')
  }

  #count(downloads: boolean): number {
    return [...this.#finished].filter((step) => this.#downloads.has(step) === downloads).length
  }

  get #bytes(): number {
    return [...this.#doneBytes.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Remaining milliseconds; undefined if a step never ran here, or no download has begun. */
  #leftMs(nowMs: number): number | undefined {
    const {steps = 0, downloadBytes = 0, expectedMs = {}} = this.#forecast ?? {}
    const expected = Object.entries(expectedMs)
    if (expected.length < steps) return undefined
    const making = expected
      .filter(([step]) => !this.#finished.has(step))
      .reduce((sum, [step, ms]) => sum + Math.max(0, ms - (nowMs - (this.#since.get(step) ?? nowMs))), 0)
    const bytesLeft = Math.max(0, downloadBytes - this.#bytes)
    if (bytesLeft === 0) return making
    const rate = this.#bytes / (nowMs - (this.#firstDownloadMs ?? nowMs))
    return rate > 0 ? making + bytesLeft / rate : undefined
  }
}

const seconds = (ms: number): string => prettyMs(Math.max(1, Math.round(ms / 1000)) * 1000)
