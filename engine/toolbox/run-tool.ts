import {appendFile, stat, statfs} from 'node:fs/promises'
import {dirname} from 'node:path'
import {execa, type Result} from 'execa'
import {HaosError} from '#dsl'
import {makeDirectory} from '../store/make-directory.ts'
import {type OutputLimits, OutputWatch} from './output-watch.ts'
import {renderCommand, renderRedirections} from './shell-command.ts'
import type {Tool, ToolRun, ToolStreams} from './tool.ts'
import type {AnyTool, Toolbox} from './toolbox.ts'

/** Options that all tools of one step share. */
export interface ToolRunOptions {
  readonly toolbox: Toolbox
  /** Tools that may run, because the step's cache key includes them. Running another one is a bug in haos-build. */
  readonly tools: readonly AnyTool[]
  /** Host path of the log; output is appended. */
  readonly log: string
  /** Host path of a directory that serves as HOME, and as working directory if the call names none. */
  readonly scratch: string
  /** Seconds since 1970, for SOURCE_DATE_EPOCH. */
  readonly epoch: number
  readonly signal: AbortSignal
  /** Receives each line of a tool's output. */
  readonly onLine?: (line: string) => void
  /** Milliseconds that packages' and recipes' scripts may print nothing. Default: 30 minutes. */
  readonly scriptSilenceMs?: number | undefined
}

/** Longer than any package's script is silent, also where each instruction is emulated. */
const defaultSilenceMs = 30 * 60_000

/** Bytes that packages' and recipes' scripts may print: far more than anyone reads, and less than a disk holds. */
const mostPrintedBytes = 32_000_000

/** Number of last lines that an error includes. */
const tailLines = 20

/** Free space in bytes below which a failure is attributed to a full disk. A page or two always remains. */
const fullBelowBytes = 1 << 20

/** Makes the function by which a step runs its tools. */
export const makeToolRun =
  (options: ToolRunOptions): ToolRun =>
  (tool, toolOptions, streams) => {
    if (!options.tools.some(({name}) => name === tool.name)) throw new Error(`the step does not declare ${tool.name}`)
    const onLine = (line: string) => {
      options.onLine?.(line)
      streams?.onLine?.(line)
    }
    return runTool(tool, toolOptions, {...options, ...streams, onLine})
  }

/**
 * Runs one tool and returns its standard output, unless that is redirected to a file.
 *
 * It sees only PATH of the caller's environment, so that a locale, a time zone
 * or a umask cannot get into an image. Fails with TOOL_MISSING, TOOL_TOO_OLD, TOOL_FAILED, DISK_FULL,
 * with INTERRUPTED when the signal is aborted, and with TOOL_ENDLESS when a tool with `runsScripts` is silent for too long or
 * prints too much: then the tool and all its child processes have ended.
 */
export async function runTool<Options>(
  tool: Tool<Options>,
  toolOptions: Options,
  options: Omit<ToolRunOptions, 'tools'> & ToolStreams,
): Promise<string> {
  const {
    toolbox,
    scratch,
    epoch,
    signal,
    log,
    stdin,
    stdout,
    maxFileBytes,
    maxMemoryBytes,
    cwd = scratch,
    onLine,
    scriptSilenceMs = defaultSilenceMs,
  } = options
  const {path: program} = await toolbox.need(tool)
  if (signal.aborted) throw interrupted(tool)
  const argv = [program, ...tool.args(toolOptions)]
  const env = {
    PATH: toolbox.pathFor(tool),
    LC_ALL: 'C',
    TZ: 'UTC',
    HOME: scratch,
    SOURCE_DATE_EPOCH: String(epoch),
    // The name in e2fsprogs before 1.47.1.
    E2FSPROGS_FAKE_TIME: String(epoch),
    ...tool.env,
  }
  const command = renderCommand({argv, env, cwd, stdin, stdout})
  const tail: string[] = []
  const limits: OutputLimits = {silenceMs: scriptSilenceMs, printedBytes: mostPrintedBytes}
  const endless = new AbortController()
  using watch = new OutputWatch({
    limits: tool.runsScripts ? limits : undefined,
    onLine(line) {
      tail.push(line)
      if (tail.length > tailLines) tail.shift()
      onLine?.(line)
    },
    onEndless: (reason) => endless.abort(reason),
  })
  await makeDirectory(dirname(log))
  // Arguments and output of tools may contain secrets.
  await appendFile(log, `$ ${command}\n`, {mode: 0o600})
  const printed = {file: log, append: true}

  // The shell sets the mask, which Node could only change for the whole process, and opens the
  // files, so that gigabytes do not pass through this process.
  const running = execa(
    '/bin/sh',
    [
      '-c',
      `umask 022; ${renderLimit('f', maxFileBytes, 512)}${renderLimit('v', maxMemoryBytes, 1024)}exec "$@"${renderRedirections({stdin, stdout})}`,
      'sh',
      ...argv,
    ],
    {
      cwd,
      env,
      extendEnv: false,
      stdin: 'ignore',
      stdout: [watch.stream(), printed, 'pipe'],
      stderr: [watch.stream(), printed],
      reject: false,
      cancelSignal: AbortSignal.any([signal, endless.signal]),
      killDescendants: true,
    },
  )
  const result = await running
  if (signal.aborted) {
    // The tool has ended, but a child process may have ignored SIGTERM.
    running.kill('SIGKILL')
    throw interrupted(tool)
  }
  if (endless.signal.aborted) {
    running.kill('SIGKILL')
    const at = `${program}, ended after ${endless.signal.reason}`
    throw new HaosError('TOOL_ENDLESS', `${tool.name} does not end`, {
      at,
      output: tail.join('\n'),
      log,
      command,
      hint: 'Find out from the log what it waits for; `--script-silence MINUTES` lets scripts be silent for longer.',
    })
  }
  if (!result.failed) return result.stdout ?? ''

  const details = {at: `${program}, ${endOf(result)}`, output: tail.join('\n'), log}
  const place = stdout ?? cwd
  if (await isDiskFull(place, details.output)) {
    throw new HaosError('DISK_FULL', `${tool.name} could not ${tool.purpose}: no space left on the disk`, {
      ...details,
      hint: `Free space on the file system of ${place}, or set HAOS_BUILD_STORE to a directory elsewhere.`,
    })
  }
  throw new HaosError('TOOL_FAILED', `${tool.name} could not ${tool.purpose}`, {
    ...details,
    command,
    hint: 'Read the log, or run the command again: it is printed with its directory and environment.',
  })
}

/** `ulimit` counts files in blocks of 512 bytes (POSIX) and memory in KiB. */
const renderLimit = (of: 'f' | 'v', bytes: number | undefined, unitBytes: number): string =>
  bytes === undefined ? '' : `ulimit -${of} ${Math.ceil(bytes / unitBytes)}; `

const interrupted = (tool: AnyTool): HaosError =>
  new HaosError('INTERRUPTED', `interrupted while ${tool.name} was running`, {
    hint: 'Run the same command again: finished steps are kept.',
  })

/** How the tool ended, in a few words. */
const endOf = ({exitCode, signal}: Pick<Result, 'exitCode' | 'signal'>): string =>
  exitCode === undefined ? `killed by ${signal ?? 'an unknown signal'}` : `exit status ${exitCode}`

/**
 * Whether a failure was caused by lack of space.
 *
 * A tool that cleans up frees the space again before the check, so its output counts too:
 * they are strerror(ENOSPC) of the C library, which LC_ALL=C keeps in English.
 */
export async function isDiskFull(path: string, output = ''): Promise<boolean> {
  // xorriso prints the second one before it starts.
  if (/No space left on device|exceeds free space on media/.test(output)) return true
  const place = await stat(path).then(
    () => path,
    () => dirname(path),
  )
  const {bavail, bsize, files, ffree} = await statfs(place)
  return bavail * bsize < fullBelowBytes || (files > 0 && ffree === 0)
}
