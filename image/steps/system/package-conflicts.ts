import {HaosError, type Problem} from '#dsl'

/** A path of the recipe that a package has too. */
export const packageConflict = (path: string, owner = 'a package'): Problem => ({
  path,
  message: `is also in ${owner}`,
  hint: 'Give the part `replace: true` if it should win.',
})

/** Refuses paths that both have. Fails with PATH_CONFLICT. */
export function refuseConflicts(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new HaosError('PATH_CONFLICT', 'the recipe writes files of packages', {
    problems,
    hint: 'Set `replace: true` where the recipe should win, or write to another path.',
  })
}
