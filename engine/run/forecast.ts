import {explainPlan} from '../plan/explain-plan.ts'
import type {Plan} from '../plan/plan.ts'
import {type AnyStepKind, inputIds, type Step} from '../plan/step.ts'
import type {Digest} from '../store/digest.ts'
import type {Store} from '../store/store.ts'
import type {Toolbox} from '../toolbox/toolbox.ts'

/** The work of a build, estimated from the plan, the store and earlier builds. Results that come out unchanged reduce it. */
export interface Forecast {
  /** Steps to run, without downloads. */
  readonly steps: number
  readonly downloads: number
  /** Total size in bytes of downloads of known size. */
  readonly downloadBytes: number
  /** Milliseconds of a step's last run, by its id; absent if it never ran here. */
  readonly expectedMs: Readonly<Record<Digest, number>>
}

/** Determines what a build would make, without making it. */
export async function forecastBuild(
  plan: Plan,
  {
    store,
    toolbox,
    kinds,
  }: {readonly store: Store; readonly toolbox: Toolbox; readonly kinds: ReadonlyMap<string, AnyStepKind>},
): Promise<Forecast> {
  const explained = await explainPlan(plan, {store, toolbox, kinds})
  const cached = new Set(explained.filter((step) => step.cached).map(({id}) => id))
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const wanted = new Set<Digest>()
  const visit = (id: Digest) => {
    if (cached.has(id) || wanted.has(id)) return
    wanted.add(id)
    const step = byId.get(id)
    if (step !== undefined) inputIds(step).forEach(visit)
  }
  for (const step of [...plan.artifacts.map(({step}) => step), ...(plan.reports ?? [])]) visit(step)
  // A check runs if the step that it guards does.
  for (const {step, before} of plan.checks ?? []) if (wanted.has(before)) visit(step)
  const steps = plan.steps.filter(({id}) => wanted.has(id))
  const downloads = steps.filter(({kind}) => kinds.get(kind)?.waits)
  const others = steps.filter((step) => !downloads.includes(step))
  return {
    steps: others.length,
    downloads: downloads.length,
    downloadBytes: downloads.reduce((sum, {kind, options}) => sum + (kinds.get(kind)?.sizeBytes?.(options) ?? 0), 0),
    expectedMs: Object.fromEntries(
      others.flatMap((step) => {
        const lastMs = store.readState(durationName(step))
        return typeof lastMs === 'number' ? [[step.id, lastMs] as const] : []
      }),
    ),
  }
}

/** Remembers how long a step of this name took, for the next forecast. */
export const rememberDuration = (store: Store, step: Step, durationMs: number): Promise<void> =>
  store.writeState(durationName(step), durationMs)

const durationName = ({name}: Step): string => `duration-${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`
