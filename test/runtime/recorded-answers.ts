import type {FetchResult, RunResult} from '../../runtime/host/host.ts'
import {encodeUtf8} from '../../runtime/text/utf8.ts'

/** The environment of a node while a recorded case is applied to it. Plain data, because both Node and QuickJS use it. */
export interface RecordedAnswers {
  /** Answers by URL. Several are given one after the other, and the last one repeatedly. */
  readonly http: Readonly<Record<string, HttpAnswer | readonly HttpAnswer[]>>
  /** Results of programs that did not exit with status 0. */
  readonly failures: ReadonlyArray<{readonly argv: readonly string[]; readonly status: number}>
  /** Modules that modprobe could not load. */
  readonly missingModules: readonly string[]
}

interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** Programs and servers that behave as in a recording. */
export class RecordedWorld {
  readonly #answers: RecordedAnswers
  readonly #left: Map<string, HttpAnswer[]>

  constructor(answers: RecordedAnswers) {
    this.#answers = answers
    this.#left = new Map(Object.entries(answers.http).map(([url, answer]) => [url, [answer].flat()]))
  }

  run(argv: readonly string[]): RunResult {
    const {failures, missingModules} = this.#answers
    const failure = failures.find((each) => JSON.stringify(each.argv) === JSON.stringify(argv))
    const isMissing = argv[0] === 'modprobe' && missingModules.includes(argv[1] ?? '')
    return {status: isMissing ? 1 : (failure?.status ?? 0), stdout: ''}
  }

  fetch(url: string): FetchResult {
    const left = this.#left.get(url)
    const answer = left !== undefined && left.length > 1 ? left.shift() : left?.[0]
    if (answer === undefined) return {status: 0, body: new Uint8Array(), error: 'no such host'}
    return {status: answer.status, body: encodeUtf8(answer.body)}
  }
}
