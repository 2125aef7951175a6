import {mkdtemp} from 'node:fs/promises'
import {join} from 'node:path'
import {makeToolRun} from '../engine/toolbox/run-tool.ts'
import {type AnyTool, Toolbox} from '../engine/toolbox/toolbox.ts'
import {scratchDirectory} from './scratch.ts'

/** A kind of step, as far as running it by itself needs it. */
interface Runnable {
  readonly tools: readonly AnyTool[]
  // biome-ignore lint/suspicious/noExplicitAny: each kind has inputs and options of its own
  run(context: any): Promise<void>
}

/** What stands for every time in what a step makes here: 2025-06-15 15:06:40 UTC. */
const epoch = 1_750_000_000

/**
 * Runs one step with the real tools, outside of any plan, and gives the path of what it made.
 *
 * `below`: where that lies. Default: a directory that goes with the test that calls this. `scriptSilenceMs`: how long scripts may
 * print nothing. Default: as in a build.
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
