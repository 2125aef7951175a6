import {HaosError} from '#dsl'
import {errnoOf} from '../errno.ts'
import type {Step} from '../plan/step.ts'
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
