import {StringDecoder} from 'node:string_decoder'

/**
 * Turns the bytes of a serial line into plain lines: without escape sequences (ECMA-48), with `\n` ends.
 *
 * Works on chunks that may end anywhere: an incomplete sequence waits for the next one.
 */
export class TerminalText {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** The complete text so far. */
  push(bytes: Uint8Array): string {
    const raw = this.#rest + this.#decoder.write(bytes)
    const complete = raw.length - unfinished(raw)
    this.#rest = raw.slice(complete)
    return stripTerminal(raw.slice(0, complete))
  }
}

/** Removes escape sequences and control characters; a carriage return alone starts a new line. */
export const stripTerminal = (text: string): string =>
  text
    .replace(escapes, '')
    .replace(/\r+\n?/g, '\n')
    .replace(/[\0-\x08\x0b-\x1a\x1c-\x1f\x7f]/g, '')

// In order: CSI, OSC and the other strings up to BEL or ST, character sets, two-character escapes.
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\`-~])/g

/** Number of last characters that may belong to an incomplete sequence. */
function unfinished(raw: string): number {
  if (raw.endsWith('\r')) return 1
  // A sequence that is longer than any real one is noise, and noise must not hold back the console.
  const tail = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,256}\x1b?|[ -/]*)?$/.exec(raw)
  return tail ? raw.length - tail.index : 0
}
