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

/** A finished file that a plan ends in. */
export interface Artifact {
  /** File name below the output directory. */
  readonly name: string
  /** Another name that leads to it, without the version. */
  readonly alias: string
  /** What it is for: `iso`, `kernel`, `initrd` … */
  readonly role: string
  /** Image and architecture that it belongs to, for manifests and messages. */
  readonly image: string
  readonly arch: string
  readonly step: Digest
}

/** A step that only finds mistakes: nothing is made of its result. */
export interface Check {
  readonly step: Digest
  /** The long work that it is done for: where that is made already, its mistakes have shown. */
  readonly before: Digest
}

/** Steps in an order in which each comes after its inputs, and the artifacts they end in. Plain data. */
export interface Plan {
  readonly epoch: number
  readonly steps: readonly Step[]
  readonly artifacts: readonly Artifact[]
  /** What is looked at first. Left out where there is nothing. */
  readonly checks?: readonly Check[]
  /** Where bytes named by digest can be had: host paths and URLs. No part of any id: a mirror is not a request. */
  readonly origins: Readonly<Record<Digest, readonly string[]>>
}

/** Collects steps. Adding the same request twice gives the same step. */
export class PlanBuilder {
  readonly epoch: number
  readonly #steps = new Map<Digest, Step>()
  readonly #origins = new Map<Digest, readonly string[]>()
  readonly #kinds = new Map<string, AnyStepKind>()
  readonly #checks = new Map<Digest, Check>()

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

  /** Says where the bytes of a digest can be had. */
  origin(sha256: Digest, places: readonly string[]): void {
    this.#origins.set(sha256, places)
  }

  /** Says that a step finds mistakes which would else show after another one, and take longer. */
  check(step: Ref, {before}: {readonly before: Ref}): void {
    this.#checks.set(step.step, {step: step.step, before: before.step})
  }

  /** The checks so far. */
  get checkSteps(): readonly Digest[] {
    return [...this.#checks.keys()]
  }

  /** The kinds of all steps so far: what `runPlan` needs to run them. */
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
      origins: Object.fromEntries(this.#origins),
    }
  }
}
