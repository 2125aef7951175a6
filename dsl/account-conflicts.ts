import type {Problem} from './error.ts'
import type {PlacedPart} from './part.ts'

interface Account {
  readonly name: string
  readonly id: number
  readonly at: string
}

/** Two accounts of one name or one number: the system would know only one of them, or take one for the other. */
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
    // A user brings a group of its own; that of the recipe is fine where it is the same.
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
        hint: `Give each ${kind} a ${number} of its own.`,
      },
    ]
  })

function ownGroupConflict(user: Account, group: Account): Problem[] {
  if ((user.name === group.name) === (user.id === group.id)) return []
  return [
    {
      path: group.at,
      message: `adds the group ${group.name} (${group.id}), and the user ${user.name} of ${user.at} has the group ${user.name} (${user.id}) of its own`,
      hint:
        user.name === group.name
          ? `Remove the group, or give the user the uid ${group.id}.`
          : 'Give the group a gid that is no uid of the recipe.',
    },
  ]
}
