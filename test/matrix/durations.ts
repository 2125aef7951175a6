import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import * as z from 'zod'

/** Seconds to allow for a file that this machine has not run yet. */
const unknownSeconds = 20 * 60

/** How much longer than the last time a file may take, as a factor and in seconds, because a host may be busier. */
const margin = {factor: 1.5, seconds: 60} as const

const Report = z.record(z.string(), z.number())

/** Durations of test files on this machine, in a report that is kept between runs. */
export class Durations {
  readonly #file: string
  readonly #seconds: Record<string, number>

  /** `file` is the host path of the report. A missing or damaged one is an empty one. */
  constructor(file = join(cacheDirectory(), 'test-matrix.json')) {
    this.#file = file
    this.#seconds = readReport(file)
  }

  /** Seconds within which a file is expected to end. */
  boundOf(path: string): number {
    const known = this.#seconds[path]
    return known === undefined ? unknownSeconds : margin.factor * known + margin.seconds
  }

  /** Records the duration of a file, or, for one that was aborted, its minimum. */
  record(path: string, seconds: number, {isCut = false} = {}): void {
    this.#seconds[path] = isCut ? Math.max(seconds, this.#seconds[path] ?? 0) : seconds
    mkdirSync(dirname(this.#file), {recursive: true})
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#seconds, undefined, 2))
    renameSync(`${this.#file}.new`, this.#file)
  }
}

const cacheDirectory = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build')

function readReport(file: string): Record<string, number> {
  try {
    return Report.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}
