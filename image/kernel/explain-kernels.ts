import {readFile} from 'node:fs/promises'
import * as z from 'zod'
import {type Arch, HaosError, type KernelUser} from '#dsl'
import type {Digest, ExplainedStep, Store} from '#engine'
import {judgeKernel, KernelFinding} from './judge-kernel.ts'
import {KernelRecord} from './kernel-record.ts'
import type {KernelReport} from './plan-kernel-report.ts'
import {type ReadReportOptions, readReport} from './read-report.ts'

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

interface ExplainKernelsOptions extends ReadReportOptions {
  /** Which steps are in the store. */
  readonly steps: readonly ExplainedStep[]
}

/**
 * Compares kernels with what their images ask of them, before anything is built.
 *
 * Uses no network: it unpacks the kernels whose packages are in the store, as a build would, and keeps the result there.
 */
export async function explainKernels(
  kernels: readonly ImageKernel[],
  {steps, ...reading}: ExplainKernelsOptions,
): Promise<readonly ExplainedKernel[]> {
  const explained: ExplainedKernel[] = []
  for (const {report, ...kernel} of kernels) {
    const known = {...kernel, users: report.demands.users}
    const facts = report.facts.step
    const record = isReachable(facts, steps) ? await readIfPossible(facts, reading) : undefined
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

async function readIfPossible(facts: Digest, options: ReadReportOptions): Promise<KernelRecord | undefined> {
  try {
    return await readReport(facts, KernelRecord, options)
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
