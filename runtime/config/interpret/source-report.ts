import {type FieldNames, fieldNames, type Identity} from '#dsl'
import {type ConfigProblem, type KeyPath, renderKeyPath} from '../problem.ts'
import type {Raw} from '../raw.ts'

/** Thrown if a source holds more values than anybody writes: aliases of aliases expand a few lines to millions. */
export class TooMuchError extends Error {}

const maxValues = 20_000

/** More than a person reads: a file in another format has a problem in each line. */
const maxProblems = 100

/** A value of a source, its path, and the offset of its text. */
export interface VisitedValue {
  readonly path: KeyPath
  readonly at: number
  readonly raw: Raw
}

export interface SourceReportOptions {
  readonly identity: Identity
  readonly text?: string
  readonly damaged?: boolean
  readonly accounts?: ReadonlySet<string> | undefined
}

interface ProblemOptions {
  readonly hint?: string | undefined
  readonly at?: number | undefined
  readonly isApplied?: boolean
}

/** Collects the problems of one source, and locates each in its text. */
export class SourceReport {
  readonly problems: ConfigProblem[] = []
  readonly source: string
  readonly identity: Identity
  /** Some bytes of the source were invalid and became U+FFFD. */
  readonly damaged: boolean
  /** It is the kernel command line, which has no lines and a simpler syntax. */
  readonly isCmdline: boolean
  /** Users and groups that the node has; undefined if that is not known. */
  readonly accounts: ReadonlySet<string> | undefined
  readonly #text: string | undefined
  /** Offset of each value. Searched only for problems, of which a valid file has none. */
  readonly #places: VisitedValue[] = []
  /** The same by path, as far as it was searched. */
  readonly #placeByPath = new Map<string, number>()
  #placesSearched = 0
  readonly #names = new Map<object, FieldNames>()
  #lineStarts: readonly number[] | undefined
  #left = maxValues

  constructor(source: string, options: SourceReportOptions) {
    this.source = source
    this.identity = options.identity
    this.damaged = options.damaged ?? false
    this.#text = options.text
    this.accounts = options.accounts
    this.isCmdline = options.text === undefined
  }

  /** Records the offset of a value. Throws TooMuchError if there are too many values. */
  visit(path: KeyPath, raw: Raw): void {
    if (--this.#left < 0) throw new TooMuchError(`holds more than ${maxValues} values`)
    const {at} = raw
    if (at !== undefined) this.#places.push({path, at, raw})
  }

  /** The accepted spellings of fields, made once: a list of maps asks for each item. */
  namesOf(fields: object): FieldNames {
    const names = this.#names.get(fields) ?? fieldNames(Object.keys(fields), this.identity)
    this.#names.set(fields, names)
    return names
  }

  /** The values that were looked at. */
  get visited(): readonly VisitedValue[] {
    return this.#places
  }

  /** Further problems are dropped, so there is no need to explain them. */
  get isFull(): boolean {
    return this.problems.length >= maxProblems
  }

  /** Adds a problem. Default of `at`: the offset of the value at `path`, or of its nearest parent. */
  add(path: KeyPath, message: string, {hint, at, isApplied = false}: ProblemOptions = {}): void {
    if (this.isFull) return
    if (this.problems.length === maxProblems - 1) {
      this.problems.push({
        source: this.source,
        path: '',
        message: 'has more problems',
        hint: 'Fix those first.',
      })
      return
    }
    const place = at ?? this.#placeOf(path)
    this.problems.push({
      source: this.source,
      path: renderKeyPath(path),
      message,
      ...(hint !== undefined && {hint}),
      ...(isApplied && {isApplied}),
      ...(place !== undefined && this.#text !== undefined && this.#lineAndColumn(this.#text, place)),
    })
  }

  #placeOf(path: KeyPath): number | undefined {
    for (const place of this.#places.slice(this.#placesSearched))
      this.#placeByPath.set(JSON.stringify(place.path), place.at)
    this.#placesSearched = this.#places.length
    for (let length = path.length; length >= 0; length--) {
      const found = this.#placeByPath.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined) return found
    }
    return undefined
  }

  #lineAndColumn(text: string, at: number): {readonly line: number; readonly column: number} {
    this.#lineStarts ??= [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)]
    const line = this.#lineStarts.findLastIndex((start) => start <= at)
    return {line: line + 1, column: at - (this.#lineStarts[line] ?? 0) + 1}
  }
}
