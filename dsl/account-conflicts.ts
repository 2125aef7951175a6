import type {Problem} from './error.ts'
import type {PlacedPart} from './part.ts'

interface Account {
  readonly name: string
  readonly id: number
  readonly at: string
}

/** Two accounts with one name or number: the system would know only one of them, or confuse the two. */
export function accountConflicts(placed: readonly PlacedPart[]): Problem[] {
  const users = placed.flatMap(({part, at}): Account[] =>
    part.kind === 'user' ? [{name: part.name, id: part.uid, at}] : [],
  )
  const groups = placed.flatMap(({part, at}): Account[] =>
    part.kind === 'group' ? [{name: part.name, id: part.gid, at}] : [],
  )
  return [
    ...twice(users, 'user', 'uid'),
    ...twice(groups, 'group', 'gid'),
    // Each user has its own group; a group of the recipe is fine if it is the same.
    ...users.flatMap((user) => groups.flatMap((group) => ownGroupConflict(user, group))),
  ]
}

const twice = (accounts: readonly Account[], kind: string, number: string): Problem[] =>
  accounts.flatMap(({name, id, at}, index): Problem[] => {
    const before = accounts.slice(0, index)
    const named = before.find((other) => other.name === name)
    if (named !== undefined)
      return [{path: at, message: `adds the ${kind} ${name}, which ${named.at} adds too`, hint: 'Remove one of them.'}]
    const numbered = before.find((other) => other.id === id)
    if (numbered === undefined) return []
    return [
      {
        path: at,
        message: `gives ${name} the ${number} ${id}, which ${numbered.name} of ${numbered.at} has`,
        hint: `Give each ${kind} its own ${number}.`,
      },
    ]
  })

function ownGroupConflict(user: Account, group: Account): Problem[] {
  if ((user.name === group.name) === (user.id === group.id)) return []
  return [
    {
      path: group.at,
      message: `adds the group ${group.name} (${group.id}), and the user ${user.name} of ${user.at} has its own group ${user.name} (${user.id})`,
      hint:
        user.name === group.name
          ? `Remove the group, or give the user the uid ${group.id}.`
          : 'Give the group a gid that is not a uid of the recipe.',
    },
  ]
}
