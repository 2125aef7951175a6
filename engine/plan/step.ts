import type * as z from 'zod'
import type {Http} from '../http/http.ts'
import type {Sign} from '../run/signer.ts'
import type {Digest} from '../store/digest.ts'
import {digestOf} from '../store/digest.ts'
import type {Tool, ToolRun} from '../toolbox/tool.ts'

/** The result of a step: one file of any kind, or a file tree (kept as one tar file, see `formats/tar/tree-archive.ts`). */
export type Form = 'file' | 'tree'

/** A reference to the step whose result is used. */
export interface Ref<F extends Form = Form> {
  readonly step: Digest
  readonly form: F
}

/** Inputs that a kind of step takes: one result, or (in brackets) a list of them. */
export type InputShape = Readonly<Record<string, Form | readonly [Form]>>

/** The refs that match an input shape. */
export type Refs<Shape extends InputShape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Form
    ? Ref<Shape[Name]>
    : Shape[Name] extends readonly [infer F extends Form]
      ? readonly Ref<F>[]
      : never
}

/** The host paths that match an input shape, when a step runs. */
export type InputPaths<Shape extends InputShape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Form ? string : readonly string[]
}

/** Everything that a running step may use. */
export interface StepContext<Shape extends InputShape, Options> {
  readonly inputs: InputPaths<Shape>
  readonly options: Options
  /** Host path for the result. Nothing else that the step writes is kept. */
  readonly output: string
  /** The step's own empty directory, removed afterwards. */
  readonly scratch: string
  /** Timestamp of everything in the result, in seconds since 1970. */
  readonly epoch: number
  readonly signal: AbortSignal
  /** Runs one of the tools that the kind declares. */
  readonly tool: ToolRun
  /** The network, which only downloads use: no other result may depend on it. */
  readonly http: Http
  /** Signs with a key that the caller of the build holds. A step's options name the public key. */
  readonly sign: Sign
  /** Origins of a digest: host paths and URLs, the preferred one first. */
  origins(sha256: Digest): readonly string[]
  /** A host path that holds the bytes of a local file named by digest. */
  file(sha256: Digest): string
  /** Reports the progress of a long transfer. */
  progress(doneBytes: number, totalBytes: number): void
}

/** A kind of work. One kind, one file. */
export interface StepKind<Shape extends InputShape, Options extends z.ZodType, Output extends Form = Form> {
  readonly kind: string
  /** Raised when the same request would now produce other bytes. */
  readonly revision: number
  /** One phrase for users: what it makes. */
  readonly summary: string
  readonly inputs: Shape
  readonly output: Output
  readonly options: Options
  // biome-ignore lint/suspicious/noExplicitAny: a list of tools, each with its own options
  readonly tools: readonly Tool<any>[]
  /** Tools that those need if the user is not root. They do not affect the result. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly userTools?: readonly Tool<any>[]
  /** For results that are known before they exist (downloads): their digest, which then replaces the cache key. */
  readonly digest?: (options: z.output<Options>) => Digest
  /** Size in bytes of a result that is known before it exists, if its size is known too. */
  readonly sizeBytes?: (options: z.output<Options>) => number | undefined
  /** Whether it waits for the network rather than for a processor. */
  readonly waits?: boolean
  run(context: StepContext<Shape, z.output<Options>>): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: kinds are kept in one table, each with its own shape
export type AnyStepKind = StepKind<any, any, Form>

/** Declares a kind of step, typed. */
export const defineStep = <const Shape extends InputShape, Options extends z.ZodType, const Output extends Form>(
  kind: StepKind<Shape, Options, Output>,
): StepKind<Shape, Options, Output> => kind

/** One node of a plan. Plain JSON: it can be printed, compared and stored. */
export interface Step {
  readonly id: Digest
  /** Its display name, such as `packages` or `iso`. */
  readonly name: string
  readonly kind: string
  readonly revision: number
  readonly options: unknown
  readonly inputs: Readonly<Record<string, Digest | readonly Digest[]>>
  readonly output: Form
}

/** Hashes a step's request. Equal on every machine; the step's name does not count. */
export const stepId = (step: Omit<Step, 'id' | 'name'>, epoch: number): Digest => digestOf({...step, epoch})

/** Steps that a step reads from. */
export const inputIds = (step: Step): readonly Digest[] => Object.values(step.inputs).flat()

/** The properties of a tool that can change a result. */
export interface ToolIdentity {
  readonly name: string
  readonly version: string
}

/**
 * Hashes a step as this machine runs it.
 *
 * Includes tool versions and the digests of the inputs as built: a new
 * squashfs packer then rebuilds the ISO only if it packs the layer differently.
 */
export const cacheKey = (
  step: Step,
  tools: readonly ToolIdentity[],
  inputs: readonly Digest[],
  epoch: number,
): Digest =>
  digestOf({kind: step.kind, revision: step.revision, options: step.options, output: step.output, epoch, tools, inputs})
