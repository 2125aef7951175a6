import {mkdtemp} from 'node:fs/promises'
import {join} from 'node:path'
import {type Signer, signWith} from '../engine/run/signer.ts'
import {makeToolRun} from '../engine/toolbox/run-tool.ts'
import {type AnyTool, Toolbox} from '../engine/toolbox/toolbox.ts'
import {scratchDirectory} from './scratch.ts'

/** The part of a kind of step that is needed to run it separately. */
interface Runnable {
  readonly tools: readonly AnyTool[]
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own inputs and options
  run(context: any): Promise<void>
}

interface RunStepOptions {
  readonly below?: string
  readonly scriptSilenceMs?: number
  readonly signers?: readonly Signer[]
}

/** Timestamp of everything in a step's result: 2025-06-15 15:06:40 UTC. */
const epoch = 1_750_000_000

/**
 * Runs one step with the real tools, outside of any plan, and returns the path of its result.
 *
 * `below`: the directory for it. Default: a directory that is removed after the calling test. `scriptSilenceMs`: how long scripts
 * may print nothing. Default: as in a build. `signers`: those with which it may sign. Default: none.
 */
export async function runStep(
  kind: Runnable,
  inputs: object,
  options: object,
  {below = scratchDirectory(), scriptSilenceMs, signers = []}: RunStepOptions = {},
): Promise<string> {
  const directory = await mkdtemp(join(below, 'step-'))
  const scratch = await mkdtemp(join(directory, 'scratch-'))
  const output = join(directory, 'output')
  const signal = new AbortController().signal
  const log = join(directory, 'log')
  const running = {toolbox: new Toolbox(), tools: kind.tools, log, scratch, epoch, signal, scriptSilenceMs}
  const tool = makeToolRun(running)
  await kind.run({inputs, options, output, scratch, epoch, signal, tool, sign: signWith(signers)})
  return output
}
