import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'

/** What a command may use of its surroundings. */
export interface CommandContext {
  readonly host: Host
  readonly identity: Identity
  readonly version: string
  print(line: string): void
  printError(line: string): void
  /**
   * Prints a question and reads one line, without its line ending; undefined at the end of input. Missing without a
   * terminal.
   */
  readonly readLine?: ((question: string) => string | undefined) | undefined
}
