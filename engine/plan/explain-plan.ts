import {type Digest, digestOf} from '../store/digest.ts'
import type {Store} from '../store/store.ts'
import type {Toolbox} from '../toolbox/toolbox.ts'
import type {Plan} from './plan.ts'
import {type AnyStepKind, cacheKey, inputIds, type Step, type ToolIdentity} from './step.ts'
import type {StepOwner, StepOwners} from './step-owners.ts'

/** What a build would do about a step, and why. */
export interface ExplainedStep {
  readonly id: Digest
  readonly name: string
  readonly kind: string
  readonly inputs: readonly Digest[]
  readonly cached: boolean
  /** Why it would run; absent if it would not. */
  readonly reason?: string
}

/** The record of the last run of a step with this name. */
interface StepMemory {
  readonly revision: number
  /** The step's options, each value replaced by its digest: they may contain passwords, and others may read this file. */
  readonly optionDigests: unknown
  readonly tools: readonly ToolIdentity[]
  readonly inputs: readonly Digest[]
}

/** Reports for every step whether its result is in the store and, if not, what has changed since its last run. */
export async function explainPlan(
  plan: Plan,
  {
    store,
    toolbox,
    kinds,
    owners,
  }: {
    readonly store: Store
    readonly toolbox: Toolbox
    readonly kinds: ReadonlyMap<string, AnyStepKind>
    readonly owners?: StepOwners | undefined
  },
): Promise<readonly ExplainedStep[]> {
  const known = new Map<Digest, Digest>()
  const explained: ExplainedStep[] = []
  for (const step of plan.steps) {
    const kind = kinds.get(step.kind)
    const ids = inputIds(step)
    const about = {id: step.id, name: step.name, kind: step.kind, inputs: ids}
    const fixed = kind?.digest?.(step.options)
    if (fixed !== undefined) {
      known.set(step.id, fixed)
      const cached = store.has(fixed)
      explained.push({...about, cached, ...(!cached && {reason: 'not downloaded yet'})})
      continue
    }
    const inputs = ids.map((id) => known.get(id))
    const tools = await Promise.all((kind?.tools ?? []).map((tool) => identityOf(toolbox, tool)))
    const missing = inputs.indexOf(undefined)
    if (missing >= 0) {
      const waited = plan.steps.find(({id}) => id === ids[missing])
      explained.push({...about, cached: false, reason: `waits for ${waited?.name ?? 'an input'}`})
      continue
    }
    const digests = inputs.filter((digest) => digest !== undefined)
    const record = await store.lookup(cacheKey(step, tools, digests, plan.epoch))
    if (record !== undefined) {
      known.set(step.id, record.digest)
      const cached = store.has(record.digest, record.sizeBytes)
      explained.push({...about, cached, ...(!cached && {reason: 'was cleared from the store'})})
    } else {
      const memories = namesOf(step, owners?.get(step.id)).map((name) => store.readState(name))
      const memory = memories.find((found) => found !== undefined) as StepMemory | undefined
      explained.push({...about, cached: false, reason: difference(memory, step, tools, digests)})
    }
  }
  return withoutIdleChecks(plan, explained)
}

/** A check does not run if the work that it guards is already done; nor do steps that only it reads. */
function withoutIdleChecks({steps, checks = []}: Plan, explained: readonly ExplainedStep[]): ExplainedStep[] {
  const there = new Set(explained.flatMap(({id, cached}) => (cached ? [id] : [])))
  const idle = new Set(checks.flatMap(({step, before}) => (there.has(before) ? [step] : [])))
  for (const step of steps.toReversed()) {
    const users = steps.filter((other) => inputIds(other).includes(step.id))
    if (users.length > 0 && users.every(({id}) => idle.has(id))) idle.add(step.id)
  }
  return explained.map(({reason, ...step}) => {
    if (idle.has(step.id)) return {...step, cached: true}
    return reason === undefined ? step : {...step, reason}
  })
}

/** Records how a step ran, to report changes next time: separately for each image, since other images differ anyway. */
export async function rememberStep(
  store: Store,
  step: Step,
  {tools, inputs, owners}: Pick<StepMemory, 'tools' | 'inputs'> & {readonly owners?: readonly StepOwner[] | undefined},
): Promise<void> {
  const memory: StepMemory = {revision: step.revision, optionDigests: digestValues(step.options), tools, inputs}
  await Promise.all(namesOf(step, owners).map((name) => store.writeState(name, memory)))
}

/** The same value with a digest in place of every text, number and boolean; the path of a change still shows. */
function digestValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(digestValues)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, digestValues(item)]))
  }
  // So few digits show that a value has changed, but do not identify it.
  return digestOf(value).slice(0, 8)
}

function namesOf({name}: Step, owners: readonly StepOwner[] | undefined): readonly string[] {
  const words = `step-${name.replace(/[^A-Za-z0-9]+/g, '-')}`
  return owners === undefined ? [words] : owners.map(({key}) => `${words}-${key}`)
}

async function identityOf(toolbox: Toolbox, tool: AnyStepKind['tools'][number]): Promise<ToolIdentity> {
  const found = await toolbox.find(tool)
  return {name: tool.name, version: found?.version ?? 'not installed'}
}

function difference(
  memory: StepMemory | undefined,
  step: Step,
  tools: readonly ToolIdentity[],
  inputs: readonly Digest[],
): string {
  if (memory?.optionDigests === undefined) return 'was never built here'
  if (memory.revision !== step.revision) return 'haos-build builds it differently now'
  const tool = tools.find(({name, version}) => memory.tools.find((old) => old.name === name)?.version !== version)
  if (tool !== undefined) {
    const old = memory.tools.find(({name}) => name === tool.name)?.version ?? 'none'
    return `${tool.name} changed from ${old} to ${tool.version}`
  }
  const changed = changedPaths(memory.optionDigests, digestValues(step.options), '')
  if (changed.length > 0)
    return `changed: ${changed.slice(0, 3).join(', ')}${changed.length > 3 ? ` and ${changed.length - 3} more` : ''}`
  if (JSON.stringify(memory.inputs) !== JSON.stringify(inputs)) return 'an input has changed'
  return 'the date of the image changed'
}

/** Paths at which two values differ. */
function changedPaths(a: unknown, b: unknown, at: string): string[] {
  if (Object.is(a, b)) return []
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  if (!isObject(a) || !isObject(b)) return [at || 'options']
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].flatMap((key) => changedPaths(a[key], b[key], at === '' ? key : `${at}.${key}`))
}
