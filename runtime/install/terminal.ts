import type {Host} from '../host/host.ts'

/** A person at a terminal, by lines only, so that it works on a serial console as on a screen. */
export interface Terminal {
  print(line: string): void
  /** Prints a question and reads one line, without its line ending. Undefined at the end of input. */
  ask(question: string): string | undefined
  /** As `ask`, without echoing the input. */
  askSecret(question: string): string | undefined
}

/** The terminal of this process. */
export const terminalOf = (
  host: Host,
  {print, readLine}: {print: (line: string) => void; readLine: (question: string) => string | undefined},
): Terminal => ({
  print,
  ask: readLine,
  askSecret(question) {
    const isHidden = host.run(['stty', '-F', '/dev/tty', '-echo'], {output: 'discard'}).status === 0
    try {
      return readLine(question)
    } finally {
      if (isHidden) {
        host.run(['stty', '-F', '/dev/tty', 'echo'], {output: 'discard'})
        print('')
      }
    }
  },
})

/** The input has ended, or the person has declined. */
export class Cancelled extends Error {}

/** Asks until `parse` accepts the answer; prints its error before asking again. */
export function askUntil<Answer>(
  {ask, print}: Pick<Terminal, 'ask' | 'print'>,
  question: string,
  parse: (answer: string) => Answer,
): Answer {
  for (;;) {
    const answer = ask(question)
    if (answer === undefined) throw new Cancelled('cancelled: the input has ended')
    try {
      return parse(answer.trim())
    } catch (error) {
      print(`  ${error instanceof Error ? error.message : error}`)
    }
  }
}

/** A question that is answered with yes or no; an empty answer is the default. */
export const askYesNo = (terminal: Terminal, question: string, fallback = false): boolean =>
  askUntil(terminal, `${question} [${fallback ? 'Y/n' : 'y/N'}]: `, (answer) => {
    if (answer === '') return fallback
    if (/^y(?:es)?$/i.test(answer)) return true
    if (/^no?$/i.test(answer)) return false
    throw new Error('Answer y or n.')
  })

/**
 * Asks for one of several choices by number, counted from 1; an empty answer is `fallback`. Returns an index from 0.
 */
export function askChoice(terminal: Terminal, question: string, choices: readonly string[], fallback?: number): number {
  choices.forEach((choice, index) => {
    terminal.print(`  ${index + 1}. ${choice}`)
  })
  return askUntil(terminal, `${question}${fallback === undefined ? '' : ` [${fallback}]`}: `, (answer) => {
    const number = answer === '' ? fallback : /^\d+$/.test(answer) ? Number(answer) : undefined
    if (number === undefined || number < 1 || number > choices.length)
      throw new Error(`Answer with a number from 1 to ${choices.length}.`)
    return number - 1
  })
}
