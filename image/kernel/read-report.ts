import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type * as z from 'zod'
import {
  type AnyStepKind,
  type Digest,
  type EmitEvent,
  type Http,
  type Plan,
  runPlan,
  type Store,
  type Toolbox,
} from '#engine'

export interface ReadReportOptions {
  readonly plan: Plan
  readonly kinds: ReadonlyMap<string, AnyStepKind>
  readonly store: Store
  readonly toolbox: Toolbox
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** The network. Default: the real one. */
  readonly http?: Http | undefined
}

/** Makes the result of one step, and what it is made from, unless it is in the store, and parses it. */
export async function readReport<Schema extends z.ZodType>(
  step: Digest,
  schema: Schema,
  {plan, store, ...running}: ReadReportOptions,
): Promise<z.output<Schema>> {
  const part = {epoch: plan.epoch, steps: plan.steps, origins: plan.origins, artifacts: [], reports: [step]}
  const records = await runPlan(part, {store, logs: join(store.directory, 'logs'), ...running})
  const {digest = ''} = records.get(step) ?? {}
  return schema.parse(JSON.parse(await readFile(store.blobPath(digest), 'utf8')))
}
