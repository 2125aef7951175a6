import type {PlanBuilder, Ref} from '#engine'
import type {NamedImage} from './artifact-names.ts'
import type {PlannedImage} from './plan-image.ts'

/** What a target makes: a file name and the step that it comes from. */
export interface TargetOutput {
  /** File name below the output directory, with the version. */
  readonly name: string
  /** The same without the version: a link, so that the newest can be asked for by one name. */
  readonly alias: string
  readonly role: string
  readonly from: Ref<'file'>
}

/** A function from an image to steps and files. */
export interface Target {
  readonly kind: string
  /** One phrase for a person. */
  readonly summary: string
  /** What a person should know of an image made this way although nothing is wrong with the recipe. Pure. */
  readonly warnings?: (image: NamedImage) => readonly string[]
  plan(context: {readonly image: PlannedImage; readonly plan: PlanBuilder}): readonly TargetOutput[]
}

/** Declares a target, typed. */
export const defineTarget = (target: Target): Target => target
