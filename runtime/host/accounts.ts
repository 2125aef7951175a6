import type {Host, Owner} from './host.ts'

/** A line of /etc/passwd (passwd(5)). */
export interface Account extends Owner {
  readonly home: string
}

/** A file was to be given to a user or a group that does not exist. */
export class OwnerError extends Error {}

/** The account with exactly this name, or undefined. */
export function findAccount(host: Host, name: string): Account | undefined {
  for (const line of lines(host, '/etc/passwd')) {
    const [user, , uid, gid, , home] = line.split(':')
    if (user === name && isNumber(uid) && isNumber(gid) && home !== undefined)
      return {uid: Number(uid), gid: Number(gid), home}
  }
  return undefined
}

/**
 * Looks up an owner written as chown(1) takes it: `user`, `user:group`, `user:` for the user's own group, or numbers;
 * also with a dot, the former separator.
 *
 * Read from /etc/passwd and /etc/group, since QuickJS has no getpwnam(3). Throws an OwnerError when there is no such user or group.
 */
export function findOwner(host: Host, text: string): Owner {
  const [user = '', group] = text.split(':')
  if (group === undefined && text.includes('.') && !findAccount(host, text))
    return findOwner(host, text.replace('.', ':'))
  const account = user === 'root' ? root : findAccount(host, user)
  const uid = user === '' ? 0 : isNumber(user) ? Number(user) : account?.uid
  if (uid === undefined) throw new OwnerError(`there is no user ${JSON.stringify(user)}`)
  if (group === undefined) return {uid, gid: 0}
  const gid = group === '' ? account?.gid : isNumber(group) ? Number(group) : findGroup(host, group)
  if (gid === undefined) throw new OwnerError(`there is no group ${JSON.stringify(group)}`)
  return {uid, gid}
}

/** Known even without /etc/passwd, as in a directory that stands in for a node. */
const root: Account = {uid: 0, gid: 0, home: '/root'}

function findGroup(host: Host, name: string): number | undefined {
  if (name === 'root') return 0
  for (const line of lines(host, '/etc/group')) {
    const [group, , gid] = line.split(':')
    if (group === name && isNumber(gid)) return Number(gid)
  }
  return undefined
}

const lines = (host: Host, path: string): string[] => (host.read(path) ?? '').split('\n')

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text)
