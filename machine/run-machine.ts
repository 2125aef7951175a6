import type {Readable, Writable} from 'node:stream'
import {TerminalKeys, terminalHelp} from './console/terminal-keys.ts'
import {Machine, type StartOptions} from './machine.ts'

/** The user's terminal: input and output. */
export interface MachineTerminal {
  /** A terminal is put into raw mode while the machine runs. */
  readonly input: Readable & {readonly isTTY?: boolean; setRawMode?(on: boolean): unknown}
  readonly output: Writable
}

export interface RunMachineOptions extends StartOptions {
  readonly terminal: MachineTerminal
  /** Ends the machine when aborted. */
  readonly signal: AbortSignal
  /** Receives notes for the user before the console starts: keys, ports, missing KVM. */
  note(message: string): void
}

/** Result of a run. */
export interface MachineRun {
  readonly accelerator: 'kvm' | 'tcg'
  /** `guest`: it powered off. `user`: Ctrl-A x, or the signal. */
  readonly endedBy: 'guest' | 'user'
  readonly durationMs: number
}

/**
 * Runs a machine with its console in a terminal, until it is off.
 *
 * In a terminal all keys go to the guest, including Ctrl-C, except Ctrl-A and the letter after it. From a pipe, all
 * bytes do; its end has no effect.
 */
export async function runMachine({terminal, signal, note, ...options}: RunMachineOptions): Promise<MachineRun> {
  signal.throwIfAborted()
  const started = performance.now()
  const {input, output} = terminal
  await using machine = await Machine.start({...options, onConsole: (bytes) => void output.write(bytes)})
  const forwarded = options.network === undefined || options.network === false ? [] : (options.network.forward ?? [])
  for (const {guestPort} of forwarded) {
    note(`port ${guestPort} of the guest is port ${machine.hostPort(guestPort)} of 127.0.0.1`)
  }
  if (machine.accelerator === 'tcg') note('KVM is not used: the guest runs about 10 times slower')
  const isTerminal = input.isTTY === true
  if (isTerminal) note(terminalHelp)

  const quit = Promise.withResolvers<'user'>()
  const onAbort = () => quit.resolve('user')
  signal.addEventListener('abort', onAbort, {once: true})
  // An abort during the start of the machine fires no further event.
  if (signal.aborted) onAbort()
  const keys = new TerminalKeys()
  // A machine that has just ended needs neither button.
  const press = (command: string) => void machine.qmp(command).catch(() => {})
  const act = {
    quit: () => quit.resolve('user'),
    reset: () => press('system_reset'),
    'power-button': () => press('system_powerdown'),
    help: () => void output.write(`\r\n${terminalHelp}\r\n`),
  }
  const onData = (bytes: Buffer) => {
    const typed = isTerminal ? keys.push(bytes) : {text: bytes, keys: []}
    if (typed.text.length > 0) machine.write(typed.text)
    for (const key of typed.keys) act[key]()
  }
  if (isTerminal) input.setRawMode?.(true)
  input.on('data', onData)
  try {
    const endedBy = await Promise.race([machine.ended.then(() => 'guest' as const), quit.promise])
    return {accelerator: machine.accelerator, endedBy, durationMs: Math.round(performance.now() - started)}
  } finally {
    signal.removeEventListener('abort', onAbort)
    input.off('data', onData)
    input.pause()
    if (isTerminal) input.setRawMode?.(false)
    // The guest may have left colours, a hidden cursor and no line wrap (ECMA-48 SGR, DEC modes 25 and 7).
    if (isTerminal) output.write('\x1b[0m\x1b[?25h\x1b[?7h\r\n')
  }
}
