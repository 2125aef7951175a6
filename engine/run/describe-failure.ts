import {HaosError, ofRecipe} from '#dsl'
import {errnoOf} from '../errno.ts'
import type {Step} from '../plan/step.ts'
import type {StepOwner, StepOwners} from '../plan/step-owners.ts'
import type {Store} from '../store/store.ts'

/** Adds the step to a failure, and turns a full disk into its own error. */
export async function describeFailure(error: unknown, step: Step, store: Store): Promise<unknown> {
  if (error instanceof HaosError) {
    if (error.details.at !== undefined) return error
    return new HaosError(error.code, error.message, {
      ...error.details,
      at: `step ${step.name} (${step.id.slice(0, 8)})`,
    })
  }
  if (errnoOf(error) === 'ENOSPC') {
    return new HaosError('DISK_FULL', `no space is left for the store in ${store.directory}`, {
      at: `step ${step.name} (${step.id.slice(0, 8)})`,
      hint: 'Free some space (`haos-build cache prune`), or set HAOS_BUILD_STORE to a directory on a larger disk.',
      cause: error,
    })
  }
  return error
}

/** If several recipes are built, a failure names the recipe of its step. */
export function inRecipe(failure: unknown, {id}: Step, owners: StepOwners = new Map()): unknown {
  const recipesOf = (steps: readonly StepOwner[]) => [...new Set(steps.map(({recipe}) => recipe))]
  return recipesOf([...owners.values()].flat()).length > 1
    ? ofRecipe(failure, recipesOf(owners.get(id) ?? []).join(', '))
    : failure
}
