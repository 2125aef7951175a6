import * as z from 'zod'
import {HaosError, type Problem} from '#dsl'

/** The text of the three account files (passwd(5), group(5), shadow(5)). */
export interface AccountFiles {
  readonly passwd: string
  readonly group: string
  readonly shadow: string
}

export const NewUser = z.strictObject({
  name: z.string(),
  uid: z.int(),
  comment: z.string(),
  home: z.string(),
  shell: z.string(),
  groups: z.array(z.string()),
  password: z.string(),
})
export type NewUser = z.output<typeof NewUser>

export const NewGroup = z.strictObject({name: z.string(), gid: z.int()})
export type NewGroup = z.output<typeof NewGroup>

/**
 * Adds accounts. Replaces an account of the packages that has the same id, because files belong to ids.
 *
 * Fails with RECIPE_INVALID if the packages have the name with another id, or the id with another name.
 */
export function addAccounts(
  files: AccountFiles,
  users: readonly NewUser[],
  groups: readonly NewGroup[],
  epoch: number,
): AccountFiles {
  const own = users.map(({name, uid}) => ({name, gid: uid}))
  const allGroups = [...groups, ...own]
  refuseTaken([
    ...users.flatMap(({name, uid}) => takenOtherwise(files.passwd, 'user', name, uid)),
    ...allGroups.flatMap(({name, gid}) => takenOtherwise(files.group, 'group', name, gid)),
  ])
  let group = files.group
  for (const {name, gid} of allGroups) group = withLine(group, name, `${name}:x:${gid}:`)
  let {passwd, shadow} = files
  for (const user of users) {
    passwd = withLine(
      passwd,
      user.name,
      `${user.name}:x:${user.uid}:${user.uid}:${user.comment}:${user.home}:${user.shell}`,
    )
    shadow = withLine(
      shadow,
      user.name,
      `${user.name}:${shadowField(user.password)}:${Math.floor(epoch / 86_400)}:0:99999:7:::`,
    )
    for (const name of user.groups) group = withMember(group, name, user.name)
  }
  return {passwd, group, shadow}
}

function takenOtherwise(text: string, kind: 'user' | 'group', name: string, id: number): Problem[] {
  const taken = linesOf(text).map((line) => line.split(':'))
  const other = taken.find((fields) => (fields[0] === name) !== (fields[2] === String(id)))
  if (other === undefined) return []
  return [
    {
      path: `${kind} ${name}`,
      message: `cannot have the id ${id}: the packages have the ${kind} ${other[0]} with ${other[2]}`,
      hint:
        // No recipe can use the id of root.
        other[0] === name
          ? `${other[2] === '0' ? 'Choose' : `Give it ${other[2]}, or choose`} another name.`
          : 'Choose an id that no package uses, such as 1000 or above.',
    },
  ]
}

function refuseTaken(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'accounts of the recipe conflict with those of packages', {
    problems,
    hint: 'Each user has a group with the same name and id: neither may exist already.',
  })
}

/** The ids of `user:group`, or of `user` and its primary group. */
export function ownerIds(files: AccountFiles, owner: string): {uid: number; gid: number} {
  const [userName = '', groupName] = owner.split(':')
  const user = fieldsOf(files.passwd, userName)
  const gid = groupName === undefined ? user?.[3] : fieldsOf(files.group, groupName)?.[2]
  if (user?.[2] === undefined || gid === undefined) {
    throw new HaosError(
      'RECIPE_INVALID',
      `the image has no account ${user?.[2] === undefined ? userName : groupName}`,
      {
        hint: 'Add it with `user()` or `group()`, or install the package that provides it.',
        at: `owner "${owner}"`,
      },
    )
  }
  return {uid: Number(user[2]), gid: Number(gid)}
}

const shadowField = (password: string): string => (password === 'locked' ? '!' : password === 'empty' ? '' : password)

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

const fieldsOf = (text: string, name: string): string[] | undefined =>
  linesOf(text)
    .map((line) => line.split(':'))
    .find(([first]) => first === name)

const withLine = (text: string, name: string, line: string): string =>
  `${[...linesOf(text).filter((other) => other.split(':')[0] !== name), line].join('\n')}\n`

function withMember(text: string, groupName: string, member: string): string {
  const fields = fieldsOf(text, groupName)
  if (fields === undefined) {
    throw new HaosError('RECIPE_INVALID', `the image has no group ${groupName}`, {
      hint: `Add it with \`group('${groupName}', …)\`, install the package that provides it, or remove it from the user ${member}.`,
      at: `user ${member}`,
    })
  }
  const members = new Set((fields[3] ?? '').split(',').filter(Boolean)).add(member)
  const line = `${fields.slice(0, 3).join(':')}:${[...members].join(',')}`
  return `${linesOf(text)
    .map((other) => (other.split(':')[0] === groupName ? line : other))
    .join('\n')}\n`
}
