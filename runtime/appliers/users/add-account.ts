import type {NodeUser} from '#dsl'
import type {Host} from '../../host/host.ts'
import {loginUser} from '../../host/login-user.ts'
import type {AccountFiles} from './account-files.ts'
import type {MadeUsers} from './made-users.ts'
import {hashedPassword} from './passwords.ts'

export interface AddAccountOptions {
  readonly host: Host
  readonly made: MadeUsers
  /** Whether the node's `password` sets that of the login user. */
  readonly hasPassword: boolean
}

/**
 * Adds the account of a user to the files, or changes it. An account of the image keeps what the config does not set.
 *
 * Throws an Error, and changes nothing, if the account cannot be as it is written.
 */
export function addAccount(files: AccountFiles, user: NodeUser, options: AddAccountOptions): true {
  const found = files.passwd.find(user.name)
  const isOwn = found === undefined || options.made.names.includes(user.name)
  const groups = (user.groups ?? []).flatMap((names) => names.split(',').map((name) => name.trim()))
  const missing = groups.find((name) => files.group.find(name) === undefined)
  if (user.create_groups === false && missing !== undefined)
    throw new Error(`was not made: there is no group ${missing}, and create_groups is false`)
  const shell = shellOf(files, user, options.host)
  if (isOwn) files.setOwn(user, {shell: shell ?? defaultShell(files, user, options.host)})
  else {
    if (found[2] === '0') throw new Error('was not changed: it has the number of root')
    if (user.uid && user.uid !== found[2])
      throw new Error(`was not changed: this account of the image has the number ${found[2]}`)
    const [name = '', x = '', uid = '', gid = '', gecos = '', home = '', oldShell = ''] = found
    files.passwd.set([name, x, uid, gid, user.gecos ?? gecos, home, shell ?? oldShell])
  }
  for (const name of groups) files.groupId(name, {range: user.system ? 'system' : 'login'})
  files.join(user.name, groups, {only: isOwn})
  if (!(user.name === loginUser && options.hasPassword)) setShadow(files, user, isOwn)
  return true
}

/** An account whose shell does not exist could not log in. */
function shellOf(files: AccountFiles, {name, shell}: NodeUser, host: Host): string | undefined {
  if (!shell) return undefined
  if (host.lstat(shell) !== undefined) return shell
  throw new Error(
    `was not ${files.passwd.find(name) ? 'changed' : 'made'}: this image has no shell ${JSON.stringify(shell)}`,
  )
}

function defaultShell(files: AccountFiles, {system}: NodeUser, host: Host): string {
  if (!system) return files.passwd.find(loginUser)?.[6] || '/bin/sh'
  return ['/usr/sbin/nologin', '/sbin/nologin'].find((path) => host.lstat(path) !== undefined) ?? '/bin/false'
}

/**
 * Sets the hash, or no password. `*` matches none; `!` would also refuse keys where sshd has no PAM (sshd(8)).
 *
 * The date of the last change stays empty: with 0, which a wrong clock gives, a password must be changed at the next login.
 */
function setShadow(files: AccountFiles, user: NodeUser, isOwn: boolean): void {
  const {name, expiredate, inactive} = user
  const found = files.shadow.find(name)
  const [, field = '*', last = '', min = '0', max = '99999', warn = '7', days = '', end = '', rest = ''] = found ?? []
  const hash = hashedPassword(user)
  const hasClear = Boolean(user.passwd || user.plain_text_passwd)
  const isLocked = user.lock_passwd ?? (isOwn && hash === undefined && !hasClear)
  const expires = expiredate ? String(Date.parse(`${expiredate}T00:00:00Z`) / 86_400_000) : isOwn ? '' : end
  files.shadow.set([
    ...[name, isLocked ? '*' : (hash ?? field), last, min, max, warn],
    ...[inactive || (isOwn ? '' : days), expires, rest],
  ])
}
