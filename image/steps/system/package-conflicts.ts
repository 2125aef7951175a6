import {HaosError, type Problem} from '#dsl'

/** A path of the recipe that a package has too. */
export const packageConflict = (path: string, owner = 'a package'): Problem => ({
  path,
  message: `is brought by ${owner} too`,
  hint: 'Give the part `replace: true` if it is meant to win.',
})

/** Refuses paths that both have. Fails with PATH_CONFLICT. */
export function refuseConflicts(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new HaosError('PATH_CONFLICT', 'the recipe writes files that packages bring', {
    problems,
    hint: 'Say `replace: true` where the recipe is meant to win, or write somewhere else.',
  })
}
