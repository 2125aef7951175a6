import {HaosError, type Problem} from '#dsl'

/** The problem of a path that both the recipe and a package write. */
export const packageConflict = (path: string, owner = 'a package'): Problem => ({
  path,
  message: `is also in ${owner}`,
  hint: 'Give the part `replace: true` if it should win.',
})

/** Throws PATH_CONFLICT if there are problems. */
export function refuseConflicts(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new HaosError('PATH_CONFLICT', 'the recipe writes files of packages', {
    problems,
    hint: 'Set `replace: true` where the recipe should win, or write to another path.',
  })
}
