import type {PlanBuilder, Ref} from '#engine'
import type {NamedImage} from './artifact-names.ts'
import type {PlannedImage} from './plan-image.ts'

/** The result of a target: a file name and the step that makes it. */
export interface TargetOutput {
  /** File name below the output directory, with the version. */
  readonly name: string
  /** The name without the version: a symlink to the newest file. */
  readonly alias: string
  readonly role: string
  readonly from: Ref<'file'>
}

/** A function from an image to steps and files. */
export interface Target {
  readonly kind: string
  /** One phrase for users. */
  readonly summary: string
  /** Whether nodes upgrade from its files. Default: false. */
  readonly upgradesNodes?: boolean
  /** Notes about such an image for the user, although the recipe is valid. Pure. */
  readonly warnings?: (image: NamedImage) => readonly string[]
  plan(context: {readonly image: PlannedImage; readonly plan: PlanBuilder}): readonly TargetOutput[]
}

/** Declares a target, typed. */
export const defineTarget = (target: Target): Target => target
