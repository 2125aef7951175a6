import {join} from 'node:path'
import {$} from 'zx'
import {addCounts, type Counts, parseCounts} from './counts.ts'

const none: Counts = {passed: 0, failed: 0, skipped: 0}

/** Milliseconds that an aborted file has to end its machines. */
const graceMs = 30_000

export interface RunFileOptions {
  /** Root of the repository. */
  readonly root: string
  /** Aborts the run. */
  readonly signal?: AbortSignal | undefined
  /** Receives each line of output. */
  show(line: string): void
}

export interface FileResult {
  /** For an aborted file, only the failures up to then. */
  readonly counts: Counts
  readonly isCut: boolean
  readonly seconds: number
}

/** Runs one file of the matrix separately. */
export async function runFile(path: string, {root, signal, show}: RunFileOptions): Promise<FileResult> {
  const started = performance.now()
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  // As leader of a process group, so that its child processes end with it.
  const run = $({cwd: root, quiet: true, nothrow: true, detached: true, stdio: ['ignore', 'pipe', 'inherit']})`
    sh -c ${'exec "$@" 2>&1'} sh ${process.execPath} ${vitest} run --project matrix ${path}`
  const kill = (name: NodeJS.Signals) => {
    try {
      if (run.pid !== undefined) process.kill(-run.pid, name)
    } catch {
      // It has ended.
    }
  }
  let isCut = false
  let grace: NodeJS.Timeout | undefined
  const cut = () => {
    isCut = true
    kill('SIGINT')
    grace = setTimeout(() => kill('SIGKILL'), graceMs)
  }
  const stop = (name: NodeJS.Signals) => {
    kill('SIGKILL')
    process.kill(process.pid, name)
  }
  signal?.addEventListener('abort', cut)
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let counts: Counts | undefined
  let failed = 0
  for await (const line of run) {
    // In the format of test/count-reporter.ts. An abort may itself cause failures.
    if (!isCut && /^\[\d+:\d\d\] .*: failed, \d+ s$/.test(line)) failed++
    counts = parseCounts(line) ?? counts
    show(line)
  }
  const {exitCode} = await run
  clearTimeout(grace)
  signal?.removeEventListener('abort', cut)
  process.off('SIGINT', stop).off('SIGTERM', stop)
  const seconds = (performance.now() - started) / 1000
  return {counts: isCut ? {...none, failed} : judge(counts, exitCode), isCut, seconds}
}

/** A run without counts, or with an error status but no failure, has failed. */
function judge(counts: Counts | undefined, exitCode: number | null): Counts {
  if (counts === undefined) return {...none, failed: 1}
  return exitCode !== 0 && counts.failed === 0 ? addCounts(counts, {...none, failed: 1}) : counts
}
