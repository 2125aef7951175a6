import {mkdtemp} from 'node:fs/promises'
import {join} from 'node:path'
import {makeToolRun} from '../engine/toolbox/run-tool.ts'
import {type AnyTool, Toolbox} from '../engine/toolbox/toolbox.ts'
import {scratchDirectory} from './scratch.ts'

/** The part of a kind of step that is needed to run it separately. */
interface Runnable {
  readonly tools: readonly AnyTool[]
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own inputs and options
  run(context: any): Promise<void>
}

/** Timestamp of everything in a step's result: 2025-06-15 15:06:40 UTC. */
const epoch = 1_750_000_000

/**
 * Runs one step with the real tools, outside of any plan, and returns the path of its result.
 *
 * `below`: the directory for it. Default: a directory that is removed after the calling test. `scriptSilenceMs`: how long scripts
 * may print nothing. Default: as in a build.
 */
export async function runStep(
  kind: Runnable,
  inputs: object,
  options: object,
  {below = scratchDirectory(), scriptSilenceMs}: {readonly below?: string; readonly scriptSilenceMs?: number} = {},
): Promise<string> {
  const directory = await mkdtemp(join(below, 'step-'))
  const scratch = await mkdtemp(join(directory, 'scratch-'))
  const output = join(directory, 'output')
  const signal = new AbortController().signal
  const log = join(directory, 'log')
  const running = {toolbox: new Toolbox(), tools: kind.tools, log, scratch, epoch, signal, scriptSilenceMs}
  const tool = makeToolRun(running)
  await kind.run({inputs, options, output, scratch, epoch, signal, tool})
  return output
}
