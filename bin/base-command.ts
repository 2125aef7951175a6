import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Command, Errors, Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import type {EmitEvent} from '#engine'
import {errorJson} from './error-json.ts'
import {hasFlag} from './has-flag.ts'
import {renderError} from './render-error.ts'
import {makeReporter} from './reporters/make-reporter.ts'
import type {Reporter} from './reporters/reporter.ts'
import {asUsageError} from './usage-error.ts'

/** haos-build's own directory. */
export const repository = dirname(dirname(fileURLToPath(import.meta.url)))

/** Common to all commands: `--json`, errors with hints, progress, and a clean exit on Ctrl-C. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  static override baseFlags = {
    json: Flags.boolean({description: 'Print the result as one JSON document.', helpGroup: 'GLOBAL'}),
    events: Flags.boolean({
      description: 'Print events as JSON, one object per line; the last line is the result.',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({char: 'q', description: 'Show results and errors only.', helpGroup: 'GLOBAL'}),
    verbose: Flags.boolean({char: 'v', description: "Show the tools' output.", helpGroup: 'GLOBAL'}),
  }

  readonly #abort = new AbortController()
  #reporter: Reporter | undefined

  /** Aborted when the user or the system interrupts the command. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Receives the engine's events and shows them. */
  readonly emit: EmitEvent = (event) => {
    this.#reporter ??= makeReporter({
      events: this.#has('--events'),
      quiet: this.#has('--quiet') || this.#has('-q'),
      verbose: this.#has('--verbose') || this.#has('-v'),
    })
    this.#reporter.report(event)
  }

  /** Whether a program reads standard output. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || this.#has('--events')
  }

  override async init(): Promise<void> {
    await super.init()
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => this.#interrupt(name))
  }

  override async catch(error: Error & {exitCode?: number}): Promise<never> {
    await this.#reporter?.end()
    // oclif's own errors (unknown flag, --help) carry their exit status and their rendering.
    if (error instanceof Errors.ExitError) throw error
    const usage = error instanceof Errors.CLIError ? asUsageError(error, Object.keys(this.ctor.flags)) : error
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(usage))
    else process.stderr.write(renderError(usage, this.config.version))
    process.exit(usage instanceof HaosError ? usage.exitStatus : 1)
  }

  override async finally(error: Error | undefined): Promise<void> {
    await this.#reporter?.end()
    await super.finally(error)
  }

  /** One line, so that it can follow the events. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`)
  }

  override toErrorJson(error: unknown): unknown {
    return errorJson(error)
  }

  /** Whether a flag was given: the reporter is needed before flags are parsed, and errors about them come first. */
  #has(flag: string): boolean {
    return hasFlag(this.argv, flag)
  }

  #interrupt(name: string): void {
    this.#abort.abort(
      new HaosError('INTERRUPTED', `stopped by ${name}`, {
        hint: 'Run the same command again: finished steps are kept.',
      }),
    )
    // A second Ctrl-C does not wait for the tools to end.
    process.once(name, () => process.exit(130))
  }
}
