import {closeSync, lstatSync, mkdirSync, openSync, rmSync, writeSync} from 'node:fs'
import {dirname} from 'node:path'
import {type ErrorCode, HaosError} from '#dsl'
import {stripTransfers} from './console-transfer.ts'
import {TerminalText} from './terminal-text.ts'

/** A match on the console. */
export interface ConsoleMatch {
  /** The matching text. */
  readonly text: string
  /** Capture groups of the pattern, in order. */
  readonly groups: readonly (string | undefined)[]
  /** Milliseconds from power-on until the match. */
  readonly atMs: number
}

/** How long to wait. */
export interface WaitOptions {
  /** In milliseconds. Default: 120 000, which also serves a translated guest on a busy host. */
  readonly timeoutMs?: number | undefined
}

export interface MachineConsoleOptions {
  /** Host path of the log: the console's text without escape sequences. */
  readonly logFile: string
  /** Lines after which waiting is pointless. */
  readonly failOn: readonly RegExp[]
  /** A kernel panic is no failure: the guest reboots. */
  readonly mayPanic: boolean
  /** Include the last lines in the messages of errors: a test runner shows only those. */
  readonly linesInMessages: boolean
  /** QEMU's command line, for errors. */
  command(): string
  write(text: string | Uint8Array): void
}

/** A line after which a boot succeeds only if the guest reboots. */
const kernelPanic = /Kernel panic - not syncing.*/

/** Lines after which a boot cannot succeed any more. */
export const bootFailures: readonly RegExp[] = [
  /grub rescue>/,
  // The prompt of initramfs-tools' shell, when no root file system was found.
  /^\(initramfs\) /m,
  /No bootable option or device was found/,
  /UEFI Interactive Shell/,
]

const defaultTimeoutMs = 120_000
const shownLines = 25
/** Older text is dropped beyond this many characters, so that a guest that prints endlessly does no harm. */
const keptCharacters = 16 << 20
const floodCharacters = 64 << 10
const floodMs = 50
/** After a panic, the kernel continues to print the reasons. */
const lastWordsMs = 150

/** Searches the text since the last match; `end` is where the next search begins. */
export type ConsoleSearch<Value> = (text: string) => {readonly end: number; readonly value: Value} | undefined

interface Waiter {
  check(): boolean
  reject(error: HaosError): void
}

/** The serial console of a machine: its text, waiting for more, and writing. */
export class MachineConsole {
  readonly logFile: string
  readonly #options: MachineConsoleOptions
  readonly #log: number
  readonly #waiters = new Set<Waiter>()
  #terminal = new TerminalText()
  #text = ''
  #cursor = 0
  #scanned = 0
  /** Start of the text since the guest's last start. */
  #life = 0
  /** Returns the reason, lazily: the rest of its line may still be arriving. */
  #failure: (() => string) | undefined
  #failing: NodeJS.Timeout | undefined
  #looking: NodeJS.Timeout | undefined
  #startedAt = performance.now()
  #problem = false

  constructor(options: MachineConsoleOptions) {
    this.#options = options
    this.logFile = options.logFile
    mkdirSync(dirname(this.logFile), {recursive: true})
    this.#log = openLog(this.logFile)
  }

  /** The console's whole text, without escape sequences, with `\n` line ends. */
  get text(): string {
    return this.#text
  }

  /** True once a wait has failed; then the log is worth keeping. */
  get hadProblem(): boolean {
    return this.#problem
  }

  /**
   * Waits until the console shows a pattern, searching from the end of the last match.
   *
   * Fails with MACHINE_TIMEOUT, and with MACHINE_FAILED as soon as the guest panics, finds nothing to boot or ends.
   */
  waitFor(pattern: RegExp | string, options: WaitOptions = {}): Promise<ConsoleMatch> {
    const search = (text: string) => {
      const found = typeof pattern === 'string' ? findString(text, pattern) : execOnce(pattern, text)
      return found && {end: found.end, value: {text: found.text, groups: found.groups, atMs: this.elapsedMs()}}
    }
    return this.waitUntil(search, typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern), options)
  }

  /** Waits until a search finds something. `what` completes "waited for". Fails like `waitFor`. */
  waitUntil<Value>(search: ConsoleSearch<Value>, what: string, {timeoutMs}: WaitOptions = {}): Promise<Value> {
    const limitMs = timeoutMs ?? defaultTimeoutMs
    const {promise, resolve, reject} = Promise.withResolvers<Value>()
    const waiter: Waiter = {
      check: () => {
        const found = search(this.#text.slice(this.#cursor))
        if (!found) return false
        this.#cursor += found.end
        resolve(found.value)
        return true
      },
      reject,
    }
    if (waiter.check()) return promise
    if (this.#failure !== undefined) return Promise.reject(this.error('MACHINE_FAILED', this.#failure()))
    this.#waiters.add(waiter)
    const timer = setTimeout(() => {
      const seconds = Number((limitMs / 1000).toFixed(1))
      reject(this.error('MACHINE_TIMEOUT', `waited ${seconds} s for ${what}, which the console did not show`))
    }, limitMs)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    })
  }

  /** Types on the console. A line ends with `\n`. */
  write(text: string | Uint8Array): void {
    this.#options.write(text)
  }

  /** What the console shows after the last line feed: a prompt, if one waits for an answer. Empty after a restart. */
  get lastLine(): string {
    return this.#text.slice(Math.max(this.#text.lastIndexOf('\n') + 1, this.#life))
  }

  /** Skips the current text: the next search begins with new text. */
  skip(): void {
    this.#cursor = this.#text.length
  }

  /** The last informative lines. */
  lastLines(count = shownLines): string {
    return stripTransfers(this.#text)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .join('\n')
  }

  /** Milliseconds since power-on. */
  elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  /** Receives text from the serial line. */
  receive(bytes: Uint8Array): void {
    const text = this.#terminal.push(bytes)
    if (text === '') return
    writeSync(this.#log, text)
    this.#text += text
    // A search takes time in proportion to the text, so a flood is searched less often.
    if (this.#text.length - this.#cursor < floodCharacters) this.#look()
    else this.#looking ??= setTimeout(() => this.#look(), floodMs)
  }

  /** Ends all waiting. The first reason counts. */
  fail(reason: string): void {
    this.#failFor(() => reason)
  }

  #failFor(reason: () => string): void {
    this.#failure ??= reason
    this.#failing ??= setTimeout(() => this.#giveUp(), lastWordsMs)
  }

  /** Begins a new run of the guest, after a reset or a new start. Waits from a failed run fail. */
  restart(): void {
    if (this.#failing) this.#giveUp()
    clearTimeout(this.#failing)
    this.#failing = undefined
    this.#failure = undefined
    this.#terminal = new TerminalText()
    this.#scanned = this.#text.length
    this.#life = this.#text.length
    this.#startedAt = performance.now()
  }

  /** Makes the error for a failure of the guest; from then on the log is kept. */
  error(code: ErrorCode, message: string): HaosError {
    this.#problem = true
    const output = this.lastLines()
    const shown = output === '' ? 'The console showed nothing.' : output
    const details = `\n\n${shown}\n\nconsole log: ${this.logFile}`
    return new HaosError(code, this.#options.linesInMessages ? message + details : message, {
      hint:
        code === 'MACHINE_TIMEOUT'
          ? 'Read the last lines of the console, or wait longer: a guest without KVM is 10 times slower.'
          : 'Read the last lines of the console.',
      output: shown,
      log: this.logFile,
      command: this.#options.command(),
    })
  }

  /** Ends all waiting, closes the log, and removes it unless it should be kept. */
  close({keepLog}: {readonly keepLog: boolean}): void {
    // Otherwise they would end when their time is up: somebody has forgotten to await them.
    this.#failure ??= () => 'the machine was disposed of while it was waited for'
    this.#giveUp()
    clearTimeout(this.#failing)
    clearTimeout(this.#looking)
    closeSync(this.#log)
    if (!keepLog) rmSync(this.logFile, {force: true})
  }

  #giveUp(): void {
    const failure = this.#failure?.()
    if (failure === undefined) return
    for (const waiter of this.#waiters) waiter.reject(this.error('MACHINE_FAILED', failure))
  }

  #look(): void {
    clearTimeout(this.#looking)
    this.#looking = undefined
    if (this.#text.length > keptCharacters) this.#forget(keptCharacters / 2)
    for (const waiter of this.#waiters) if (waiter.check()) this.#waiters.delete(waiter)
    this.#scan()
  }

  #scan(): void {
    const lineStart = this.#text.lastIndexOf('\n', this.#scanned - 1) + 1
    const fresh = this.#text.slice(lineStart)
    this.#scanned = this.#text.length
    if (this.#failure !== undefined) return
    for (const pattern of [
      ...(this.#options.mayPanic ? [] : [kernelPanic]),
      ...bootFailures,
      ...this.#options.failOn,
    ]) {
      const found = execOnce(pattern, fresh)
      if (!found) continue
      const whole = () => execOnce(pattern, this.#text.slice(lineStart)) ?? found
      this.#failFor(() => `the guest failed: ${whole().text.trim()}`)
    }
  }

  #forget(count: number): void {
    this.#text = this.#text.slice(count)
    this.#cursor = Math.max(0, this.#cursor - count)
    this.#scanned = Math.max(0, this.#scanned - count)
    this.#life = Math.max(0, this.#life - count)
  }
}

function findString(text: string, wanted: string) {
  const at = text.indexOf(wanted)
  return at < 0 ? undefined : {end: at + wanted.length, text: wanted, groups: []}
}

/** Searches from the beginning, whatever the flags `g` and `y` remember. */
function execOnce(pattern: RegExp, text: string) {
  const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(text)
  return found ? {end: found.index + found[0].length, text: found[0], groups: found.slice(1)} : undefined
}

/**
 * The console may show secrets, and in a shared directory another user could have placed a symlink at the log's path.
 */
function openLog(path: string): number {
  const found = lstatSync(path, {throwIfNoEntry: false})
  const isReplaced = found === undefined || found.isFile() || found.isSymbolicLink()
  if (isReplaced) rmSync(path, {force: true})
  return openSync(path, isReplaced ? 'wx' : 'w', 0o600)
}
