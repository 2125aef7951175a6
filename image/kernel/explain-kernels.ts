import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {type Arch, HaosError, type KernelUser} from '#dsl'
import {
  type AnyStepKind,
  type Digest,
  type EmitEvent,
  type ExplainedStep,
  type Plan,
  runPlan,
  type Store,
  type Toolbox,
} from '#engine'
import {judgeKernel, KernelFinding} from './judge-kernel.ts'
import {KernelRecord} from './kernel-record.ts'
import type {KernelReport} from './plan-kernel-report.ts'

/** The kernel of one image of a build. */
export interface ImageKernel {
  readonly image: string
  readonly arch: Arch
  /** The variant that the recipe's inputs select; absent for the plain one. */
  readonly variant?: string
  readonly version: string
  readonly report: KernelReport
}

/** What an image's kernel lacks, as far as it is known before a build. */
export interface ExplainedKernel extends Omit<ImageKernel, 'report'> {
  /** Whose needs it was compared with. */
  readonly users: readonly KernelUser[]
  /** Absent if the kernel's packages are not in the store yet. */
  readonly findings?: readonly KernelFinding[]
}

interface ExplainKernelsOptions {
  readonly plan: Plan
  readonly kinds: ReadonlyMap<string, AnyStepKind>
  /** Which steps are in the store. */
  readonly steps: readonly ExplainedStep[]
  readonly store: Store
  readonly toolbox: Toolbox
  readonly emit: EmitEvent
  readonly signal: AbortSignal
}

/**
 * Compares kernels with what their images ask of them, before anything is built.
 *
 * Uses no network: it unpacks the kernels whose packages are in the store, as a build would, and keeps the result there.
 */
export async function explainKernels(
  kernels: readonly ImageKernel[],
  {plan, steps, store, ...running}: ExplainKernelsOptions,
): Promise<readonly ExplainedKernel[]> {
  const explained: ExplainedKernel[] = []
  for (const {report, ...kernel} of kernels) {
    const known = {...kernel, users: report.demands.users}
    const facts = report.facts.step
    const record = isReachable(facts, steps) ? await readFacts(plan, facts, {store, ...running}) : undefined
    explained.push(record === undefined ? known : {...known, findings: judgeKernel(record, report.demands)})
  }
  return explained
}

/** Whether a step needs no download. */
function isReachable(id: Digest, steps: readonly ExplainedStep[]): boolean {
  const step = steps.find((other) => other.id === id)
  if (step === undefined) return false
  return step.cached || (step.kind !== 'fetch' && step.inputs.every((input) => isReachable(input, steps)))
}

async function readFacts(
  plan: Plan,
  facts: Digest,
  {store, ...running}: Omit<ExplainKernelsOptions, 'plan' | 'steps'>,
): Promise<KernelRecord | undefined> {
  const part = {epoch: plan.epoch, steps: plan.steps, origins: plan.origins, artifacts: [], reports: [facts]}
  try {
    const records = await runPlan(part, {store, logs: join(store.directory, 'logs'), ...running})
    const {digest = ''} = records.get(facts) ?? {}
    return KernelRecord.parse(JSON.parse(await readFile(store.blobPath(digest), 'utf8')))
  } catch (error) {
    // A build installs missing tools; an explanation changes nothing on the machine.
    if (error instanceof HaosError && (error.code === 'TOOL_MISSING' || error.code === 'TOOL_TOO_OLD')) return undefined
    throw error
  }
}

/** What the kernels of a finished build lack although something recommends it, one sentence each. */
export async function renderKernelNotes(
  kernels: readonly ImageKernel[],
  records: ReadonlyMap<Digest, {readonly digest: Digest}>,
  store: Store,
): Promise<readonly string[]> {
  const notes = new Set<string>()
  for (const {report} of kernels) {
    const record = records.get(report.check.step)
    // The build made no file of this image.
    if (record === undefined) continue
    const findings = z.array(KernelFinding).parse(JSON.parse(await readFile(store.blobPath(record.digest), 'utf8')))
    for (const {path, message, hint} of findings) notes.add(`${path} ${message}. ${hint}`)
  }
  return [...notes]
}
