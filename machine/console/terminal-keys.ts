/** An action that the user requested with the escape key. */
export type TerminalKey = 'quit' | 'reset' | 'power-button' | 'help'

export interface TypedKeys {
  /** Input for the guest. */
  readonly text: Buffer
  readonly keys: readonly TerminalKey[]
}

const escapeKey = 0x01
const commands: Readonly<Record<string, TerminalKey>> = {
  x: 'quit',
  r: 'reset',
  p: 'power-button',
  h: 'help',
  '?': 'help',
}

/** The keys, for users. */
export const terminalHelp =
  'Ctrl-A x ends the machine, Ctrl-A r resets it, Ctrl-A p presses the power button, Ctrl-A a types Ctrl-A'

/**
 * Extracts escape sequences from typed input; everything else, including Ctrl-C, goes to the guest.
 *
 * The keys are those of QEMU's own terminal (`-nographic`): Ctrl-A and a letter, twice Ctrl-A for one.
 */
export class TerminalKeys {
  #escaped = false

  push(bytes: Buffer): TypedKeys {
    const text: number[] = []
    const keys: TerminalKey[] = []
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === escapeKey) this.#escaped = true
        else text.push(byte)
        continue
      }
      this.#escaped = false
      const letter = String.fromCharCode(byte).toLowerCase()
      const key = commands[letter]
      if (key !== undefined) keys.push(key)
      else if (byte === escapeKey || letter === 'a') text.push(escapeKey)
      else text.push(escapeKey, byte)
    }
    return {text: Buffer.from(text), keys}
  }
}
