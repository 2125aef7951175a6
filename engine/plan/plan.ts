import type * as z from 'zod'
import type {Digest} from '../store/digest.ts'
import {
  type AnyStepKind,
  type Form,
  type InputShape,
  type Ref,
  type Refs,
  type Step,
  type StepKind,
  stepId,
} from './step.ts'

/** A finished file that a plan produces. */
export interface Artifact {
  /** File name below the output directory. */
  readonly name: string
  /** An alias without the version. */
  readonly alias: string
  /** Its role: `iso`, `kernel`, `initrd` … */
  readonly role: string
  /** Image and architecture that it belongs to, for manifests and messages. */
  readonly image: string
  readonly arch: string
  readonly step: Digest
}

/** A step that only finds mistakes: no other step uses its result. */
export interface Check {
  readonly step: Digest
  /** The long step that it guards: once that is done, no mistake remains to be found. */
  readonly before: Digest
}

/** Steps, each after its inputs, and the artifacts they produce. Plain data. */
export interface Plan {
  readonly epoch: number
  readonly steps: readonly Step[]
  readonly artifacts: readonly Artifact[]
  /** Checks that run first. Left out if there are none. */
  readonly checks?: readonly Check[]
  /** Steps whose results describe artifacts. Made in every build, and exported by nobody. Left out if there are none. */
  readonly reports?: readonly Digest[]
  /** Origins of files named by digest: host paths and URLs. Not part of any id: a mirror is not a request. */
  readonly origins: Readonly<Record<Digest, readonly string[]>>
}

/** Collects steps. Adding the same request twice gives the same step. */
export class PlanBuilder {
  readonly epoch: number
  readonly #steps = new Map<Digest, Step>()
  readonly #origins = new Map<Digest, readonly string[]>()
  readonly #kinds = new Map<string, AnyStepKind>()
  readonly #checks = new Map<Digest, Check>()
  readonly #reports = new Set<Digest>()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Adds a step. Options are parsed by the kind's schema, so that a default written out changes nothing. */
  add<const Shape extends InputShape, Options extends z.ZodType, Output extends Form>(
    kind: StepKind<Shape, Options, Output>,
    inputs: Refs<Shape>,
    options: z.input<Options>,
    name: string = kind.kind,
  ): Ref<Output> {
    const ids = Object.fromEntries(
      Object.entries<Ref | readonly Ref[]>(inputs).map(([key, ref]) => [
        key,
        Array.isArray(ref) ? ref.map((item: Ref) => item.step) : (ref as Ref).step,
      ]),
    )
    const request = {
      kind: kind.kind,
      revision: kind.revision,
      options: kind.options.parse(options),
      inputs: ids,
      output: kind.output,
    }
    const id = stepId(request, this.epoch)
    if (!this.#steps.has(id)) this.#steps.set(id, {id, name, ...request})
    this.#kinds.set(kind.kind, kind)
    return {step: id, form: kind.output}
  }

  /** Adds origins of a digest. */
  origin(sha256: Digest, places: readonly string[]): void {
    this.#origins.set(sha256, places)
  }

  /** Marks a step as a check, which finds mistakes earlier than the step that it guards. */
  check(step: Ref, {before}: {readonly before: Ref}): void {
    this.#checks.set(step.step, {step: step.step, before: before.step})
  }

  /** Marks a step as one whose result describes artifacts. */
  report({step}: Ref): void {
    this.#reports.add(step)
  }

  /** The checks so far. */
  get checkSteps(): readonly Digest[] {
    return [...this.#checks.keys()]
  }

  /** The kinds of all steps so far, which `runPlan` needs. */
  get kinds(): ReadonlyMap<string, AnyStepKind> {
    return this.#kinds
  }

  finish(artifacts: readonly Artifact[]): Plan {
    const checks = [...this.#checks.values()]
    return {
      epoch: this.epoch,
      steps: [...this.#steps.values()],
      artifacts,
      ...(checks.length > 0 && {checks}),
      ...(this.#reports.size > 0 && {reports: [...this.#reports]}),
      origins: Object.fromEntries(this.#origins),
    }
  }
}
