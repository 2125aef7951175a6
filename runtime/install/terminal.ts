import type {Host} from '../host/host.ts'

/** Somebody at a terminal: lines in, lines out. Works on a serial console as on a screen. */
export interface Terminal {
  print(line: string): void
  /** Prints a question and reads one line, without its end. Undefined when there is nobody any more (end of file). */
  ask(question: string): string | undefined
  /** The same, without showing what is typed. */
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

/** Nobody answers any more, or the person has said no. */
export class Cancelled extends Error {}

/** Asks until `parse` accepts the answer; prints its error before asking again. */
export function askUntil<Answer>(
  {ask, print}: Pick<Terminal, 'ask' | 'print'>,
  question: string,
  parse: (answer: string) => Answer,
): Answer {
  for (;;) {
    const answer = ask(question)
    if (answer === undefined) throw new Cancelled('cancelled: there is nobody who answers')
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

/** One of several, by its number; an empty answer is the default, counted from 1. */
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
