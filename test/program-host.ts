import {spawnSync} from 'node:child_process'
import type {RunOptions, RunResult, WriteOptions} from '#runtime'
import {DirectoryHost} from '../bin/directory-host.ts'

/** An answer: the program fails. */
export const failed = 'failed'

/** Thrown where the power is cut. */
export class PowerCut extends Error {}

/** A directory as a node on which programs really run, with its paths in their arguments. */
export class ProgramHost extends DirectoryHost {
  /** Changes that were made: calls that write, and programs other than those that only read. */
  changes = 0
  /** The change before which the power is cut. Default: never. */
  cutAt = Number.POSITIVE_INFINITY
  /** What programs print, by their first words. */
  answers: Readonly<Record<string, string>>

  readonly #root: string

  /** Programs whose first words are a key of `answers` are not run: they print the value. */
  constructor(root: string, answers: Readonly<Record<string, string>> = {}) {
    super(root)
    this.#root = root
    this.answers = answers
  }

  #change(): void {
    if (this.changes++ >= this.cutAt) throw new PowerCut('the power is cut')
  }

  override write(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
    this.#change()
    super.write(path, content, {...options, owner: {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0}})
  }

  override mkdir(path: string, mode: number): void {
    this.#change()
    super.mkdir(path, mode)
  }

  override symlink(target: string, path: string): void {
    this.#change()
    super.symlink(target, path)
  }

  override remove(path: string): void {
    this.#change()
    super.remove(path)
  }

  override run(argv: readonly string[], {env = {}, stdin}: RunOptions = {}): RunResult {
    // Without the shell in between, which only joins the outputs.
    const words = argv[0] === 'sh' && argv[2]?.startsWith('exec "$@"') ? argv.slice(4) : argv
    const isFreeze = argv[2]?.includes('fsfreeze') ?? false
    const answer = Object.entries(this.answers).find(([start]) => words.join(' ').startsWith(start))
    if (answer !== undefined) return {status: answer[1] === failed ? 1 : 0, stdout: answer[1]}
    if (!['readlink', 'df', 'sha256sum', 'uname', 'pgrep'].includes(words[0] ?? '')) this.#change()
    // That of the machine of the test would take long, and prove nothing.
    if (words[0] === 'sync' || isFreeze) return {status: 0, stdout: ''}
    const below = (text: string) => text.replace(/(^|=| {2})\//gm, `$1${this.#root}/`)
    const {status, stdout} = spawnSync(words[0] ?? '', words.slice(1).map(below), {
      env: {...process.env, LC_ALL: 'C', ...env},
      ...(stdin !== undefined && {input: below(stdin)}),
      encoding: 'utf8',
    })
    return {status: status ?? 127, stdout: words[0] === 'readlink' ? stdout.replace(this.#root, '') : stdout}
  }

  override sleep(): void {}
}

/** The commands that a host runs from now on, each with blanks between its words. */
export function commandsRunBy(host: ProgramHost): readonly string[] {
  const commands: string[] = []
  const run = host.run.bind(host)
  host.run = (argv, options) => {
    commands.push(argv.join(' '))
    return run(argv, options)
  }
  return commands
}
