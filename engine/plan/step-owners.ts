import type {Digest} from '../store/digest.ts'
import type {Plan} from './plan.ts'
import {inputIds} from './step.ts'

/** An image that a step is for. */
export interface StepOwner {
  /** Identifies project, image, architecture and variant in file names. */
  readonly key: string
  /** Path of the recipe file, for messages. */
  readonly recipe: string
}

/** The images that each step is for, by the step's id. */
export type StepOwners = ReadonlyMap<Digest, readonly StepOwner[]>

/** The images of every step, given the final steps of each image. */
export function ownersOf({steps}: Plan, ends: ReadonlyMap<StepOwner, readonly Digest[]>): StepOwners {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const owners = new Map<Digest, StepOwner[]>()
  for (const [owner, roots] of ends) {
    const seen = new Set<Digest>()
    const waiting = [...roots]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const step = byId.get(id)
      if (step === undefined || seen.has(id)) continue
      seen.add(id)
      owners.set(id, [...(owners.get(id) ?? []), owner])
      waiting.push(...inputIds(step))
    }
  }
  return owners
}
