import {createHash, randomBytes} from 'node:crypto'
import {gunzipSync} from 'node:zlib'
import {stripKernelMessages} from './console-transfer.ts'
import type {MachineConsole, WaitOptions} from './machine-console.ts'

/** Result of a command in the guest. */
export interface CommandResult {
  /** Exit status; 128 and more: killed by a signal. */
  readonly status: number
  /** Standard output and standard error, interleaved, without the last line feed. */
  readonly output: string
}

export interface LoginOptions extends WaitOptions {
  readonly user: string
  /** Default: none; a password prompt is then a failure. */
  readonly password?: string | undefined
}

/** Longest line that is typed at once: a terminal in canonical mode keeps 4095 characters (termios(3)). */
const lineCharacters = 1500
/** Maximum retries of a damaged transfer. */
const transferTries = 4
const loginPrompt = /(?<!Last )\blogin: /
/**
 * What may follow a user's name or password: a question, a refusal, a timeout, a new login prompt, or a shell's prompt.
 */
const answers = /[Pp]assword: |[Ll]ogin:? timed out|[Ii]ncorrect|^(?!Last )\S+ login: (?![\s\S])|[#$%>] *(?![\s\S])/m
const nudgeMs = 15_000

/**
 * Definitions for the guest's shell, one line each. C: command in base64, D: directory for files, F: file
 * with output, P: process, X: setsid if there is one.
 *
 * A command is a separate script, run in the background in its own session, so that it cannot read the typed input, and
 * can be killed with all its child processes. Ctrl-C would also end a `login` that waits for its shell.
 */
const definitions: readonly string[] = [
  'for D in "$TMPDIR" /tmp /run /dev/shm .; do [ -w "$D" ] && break; done',
  'X=$(command -v setsid)',
  `W='sh "$1.sh" </dev/null >"$1" 2>&1; printf "%s=%s\\n" "$2" "$?"'`,
  'run() { F=$D/.$1; printf %s "$C" | base64 -d >"$F.sh"; $X sh -c "$W" sh "$F" "$1" & P=$!; }',
  'send() { Z=cat; [ "$(wc -c <"$F")" -gt 8000 ] && command -v gzip >/dev/null && Z=gzip; printf "%s<\\n%s %s;" "$1" "$Z" "$(sha256sum <"$F")"; "$Z" <"$F" | base64; printf "%s>\\n" "$1"; }',
]

/**
 * A shell in the guest, over the serial console.
 *
 * The console is shared with the kernel and with every service that prints to it. So the output of a command is kept in
 * a file in the guest, sent in base64 between unique marks, stripped of kernel messages that interrupt it, compared
 * with its digest, and sent again if it was damaged.
 */
export class GuestShell {
  readonly #console: MachineConsole
  /** Makes marks unique among shells, and different from the echo of typed input. */
  readonly #mark = `@@${randomBytes(4).toString('hex')}`
  #commands = 0
  #ready = false

  constructor(console: MachineConsole) {
    this.#console = console
  }

  /** True after `login` or `enter`, until the guest restarts. */
  get isReady(): boolean {
    return this.#ready
  }

  /** Forgets the shell, because the guest has restarted. */
  leave(): void {
    this.#ready = false
  }

  /** Waits for a login prompt and logs in. Fails with MACHINE_TIMEOUT or MACHINE_FAILED. */
  async login({user, password, timeoutMs = 180_000}: LoginOptions): Promise<void> {
    const deadline = Date.now() + timeoutMs
    // A caller that waited for the prompt has already consumed it.
    let isAsked = loginPrompt.test(this.#console.lastLine)
    if (isAsked) this.#console.skip()
    do {
      if (!isAsked) await this.#find(loginPrompt, 'a login prompt', deadline)
      isAsked = false
    } while (!(await this.#tryLogin(user, password, deadline)))
    await this.enter({timeoutMs: deadline - Date.now()})
  }

  /** Answers the questions after a login prompt. False: the guest gave up, and asks again. */
  async #tryLogin(user: string, password: string | undefined, deadline: number): Promise<boolean> {
    this.#console.write(`${user}\n`)
    // A service that prints after the prompt hides it; an empty line shows it again. A slow guest would mistake one
    // before its question for an empty password.
    let mayNudge = password === undefined
    const nudge = setInterval(() => mayNudge && this.#console.write('\n'), nudgeMs)
    try {
      return await this.#answerLogin(user, password, deadline, () => {
        mayNudge = true
      })
    } finally {
      clearInterval(nudge)
    }
  }

  async #answerLogin(
    user: string,
    password: string | undefined,
    deadline: number,
    onAnswered: () => void,
  ): Promise<boolean> {
    for (let asked = 0; ; asked++) {
      const [found] = await this.#find(answers, `a shell for ${user}`, deadline)
      // `login` timed out, after a minute on any machine (LOGIN_TIMEOUT, login.defs(5)).
      if (found.endsWith('timed out')) return false
      if (found.endsWith('ncorrect') || found.endsWith('login: ')) {
        throw this.#console.error('MACHINE_FAILED', `the guest did not let ${user} log in`)
      }
      if (!found.endsWith('assword: ')) return true
      if (password === undefined || asked > 0) {
        throw this.#console.error('MACHINE_FAILED', `the guest asks for the password of ${user}`)
      }
      this.#console.write(`${password}\n`)
      onAnswered()
    }
  }

  /** Takes over a shell that is already on the console. Fails with MACHINE_TIMEOUT. */
  async enter({timeoutMs = 180_000}: WaitOptions = {}): Promise<void> {
    // A shell that is not interactive has neither prompt nor line editing. The guest assembles the mark, so that the
    // echo of this line is not mistaken for it. Line editors accept about 1000 characters, hence the definitions.
    const listen = `printf "%s-%s\\n" ${this.#mark} ready; while IFS= read -r L; do eval "$L"; done`
    this.#type(`stty -echo 2>/dev/null; exec sh -c '${listen}'`)
    await this.#find(new RegExp(`${this.#mark}-ready`), 'a shell', Date.now() + timeoutMs)
    for (const definition of definitions) this.#type(definition)
    this.#ready = true
  }

  /**
   * Runs a command as a separate shell script, with empty standard input.
   *
   * Fails with MACHINE_TIMEOUT after killing the command, so that the next one can run.
   */
  async run(command: string, {timeoutMs = 180_000}: WaitOptions = {}): Promise<CommandResult> {
    if (!this.#ready) await this.enter()
    const name = `${this.#mark}-${this.#commands++}`
    const deadline = Date.now() + timeoutMs
    await this.#send(Buffer.from(`${command}\n`).toString('base64'), name, deadline)
    this.#type(`run ${name}`)
    const what = `the end of \`${command}\``
    const [, status] = await this.#find(new RegExp(`${name}=(\\d+)\n`), what, deadline).catch(async (error) => {
      this.#type('kill -9 -$P $P 2>/dev/null')
      throw error
    })
    return {status: Number(status), output: await this.#collect(name)}
  }

  /** Sends a command to the guest in lines that fit the terminal's buffer. */
  async #send(encoded: string, name: string, deadline: number): Promise<void> {
    const [first = '', ...more] = encoded.match(new RegExp(`.{1,${lineCharacters}}`, 'g')) ?? []
    this.#type(`C=${first}`)
    for (const [index, part] of more.entries()) {
      this.#type(`C=\${C}${part}; printf '%s+%s\\n' ${name} ${index}`)
      await this.#find(new RegExp(`${name}\\+${index}\n`), 'the guest to read a long command', deadline)
    }
  }

  /** Fetches the output of the command that has ended. */
  async #collect(name: string): Promise<string> {
    for (let attempt = 0; attempt < transferTries; attempt++) {
      const frame = `${name}.${attempt}`
      this.#type(`send ${frame}`)
      const body = await this.#console.waitUntil(
        (raw) => {
          // A kernel message can interrupt the mark itself, so the search is in the cleaned text.
          const text = raw.includes('>') ? stripKernelMessages(raw) : raw
          const start = text.indexOf(`${frame}<\n`)
          const end = text.indexOf(`${frame}>\n`, start)
          return start < 0 || end < 0 ? undefined : {end: raw.length, value: text.slice(start + frame.length + 2, end)}
        },
        'the output of a command',
        {timeoutMs: 120_000},
      )
      const [, packer, sum, encoded = ''] = /^(\w+) ([0-9a-f]{64})[^;]*;([\s\S]*)$/.exec(body) ?? []
      const bytes = unpack(Buffer.from(encoded, 'base64'), packer)
      if (bytes && sum === createHash('sha256').update(bytes).digest('hex')) {
        this.#type('rm -f "$F" "$F.sh"')
        return bytes.toString('utf8').replace(/\n$/, '')
      }
    }
    throw this.#console.error(
      'MACHINE_FAILED',
      'the output of a command was damaged on the console each time it was sent',
    )
  }

  #type(line: string): void {
    this.#console.write(`${line}\n`)
  }

  /** Waits for a pattern in the text without kernel messages, until a point in time. */
  #find(pattern: RegExp, what: string, deadline: number): Promise<RegExpExecArray> {
    const search = (raw: string) => {
      const found = pattern.exec(stripKernelMessages(raw))
      return found && {end: raw.length, value: found}
    }
    return this.#console.waitUntil((raw) => search(raw) ?? undefined, what, {timeoutMs: deadline - Date.now()})
  }
}

/** Decompresses the guest's archive, or returns undefined if it is damaged. */
function unpack(bytes: Buffer, packer: string | undefined): Buffer | undefined {
  if (packer !== 'gzip') return bytes
  try {
    return gunzipSync(bytes)
  } catch {
    return undefined
  }
}
