/** How long a program may print nothing, and how much it may print. */
export interface OutputLimits {
  /** Milliseconds. */
  readonly silenceMs: number
  /** Bytes. */
  readonly printedBytes: number
}

export interface OutputWatchOptions {
  readonly limits?: OutputLimits | undefined
  onLine(line: string): void
  /** Called once, as soon as a limit is passed, with the reason as the continuation of "ended after". */
  onEndless(reason: string): void
}

/** Characters after which a line counts as complete: an endless one must not fill the memory. */
const longestLine = 1 << 16

/** Follows what a program prints: splits it into lines, and notices when it prints nothing for too long or too much. */
export class OutputWatch implements Disposable {
  readonly #options: OutputWatchOptions
  readonly #timer: NodeJS.Timeout | undefined
  #printedBytes = 0
  #isEndless = false

  constructor(options: OutputWatchOptions) {
    this.#options = options
    const {limits} = options
    if (limits === undefined) return
    const reason = `${renderDuration(limits.silenceMs)} without output`
    this.#timer = setTimeout(() => this.#endless(reason), limits.silenceMs)
  }

  /** Follows one stream; what it holds passes through unchanged (execa, "Transforms"). */
  stream() {
    const decoder = new TextDecoder()
    const {onLine} = this.#options
    let begun = ''
    const split = (text: string) => {
      const lines = (begun + text).split('\n')
      begun = lines.pop() ?? ''
      for (const line of lines) onLine(line)
      if (begun.length < longestLine) return
      onLine(begun)
      begun = ''
    }
    const count = (chunk: Uint8Array) => this.#count(chunk.length)
    return {
      binary: true,
      *transform(chunk: unknown) {
        if (chunk instanceof Uint8Array) {
          count(chunk)
          split(decoder.decode(chunk, {stream: true}))
        }
        yield chunk
      },
      // biome-ignore lint/correctness/useYield: it only ends the last line
      *final() {
        split(decoder.decode())
        if (begun !== '') onLine(begun)
      },
    } as const
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #count(bytes: number): void {
    this.#timer?.refresh()
    this.#printedBytes += bytes
    const {limits} = this.#options
    if (limits === undefined || this.#printedBytes <= limits.printedBytes) return
    this.#endless(`${Math.floor(limits.printedBytes / 1e6)} MB of output`)
  }

  #endless(reason: string): void {
    if (this.#isEndless) return
    this.#isEndless = true
    this.#options.onEndless(reason)
  }
}

const renderDuration = (ms: number): string => (ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`)
