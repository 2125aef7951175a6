import {parentOf} from '#dsl'
import type {Account} from '../../host/accounts.ts'
import {type Host, mkdirAll} from '../../host/host.ts'

/**
 * Creates an account's home directory with the files of /etc/skel. Returns whether it was created.
 *
 * A directory that exists belongs to whoever owns it. Throws an Error if that is another user.
 */
export function makeHome(host: Host, account: Account): boolean {
  const {home, uid, gid} = account
  const found = host.lstat(home)
  if (found?.uid === uid) return false
  if (found !== undefined && !isUnfinished(home, found))
    throw new Error(`: ${home} belongs to the user with the number ${found.uid}`)
  mkdirAll(host, parentOf(home))
  if (found === undefined) host.mkdir(home, 0o700)
  copyFiles(host, '/etc/skel', account)
  host.chmod(home, 0o750)
  // Last: this tells a finished directory from one that a power cut has left.
  host.chown(home, {uid, gid})
  return true
}

/** Nothing of root is in /home. */
const isUnfinished = (home: string, {uid, type}: {readonly uid: number; readonly type: string}): boolean =>
  uid === 0 && type === 'directory' && parentOf(home) === '/home'

function copyFiles(host: Host, from: string, {home, uid, gid}: Account): void {
  for (const name of host.list(from) ?? []) {
    const [source, target] = [`${from}/${name}`, `${home}/${name}`]
    const status = host.lstat(source)
    if (status?.type === 'directory') {
      if (host.lstat(target) === undefined) host.mkdir(target, status.mode)
      copyFiles(host, source, {home: target, uid, gid})
      host.chown(target, {uid, gid})
    }
    const bytes = status?.type === 'file' ? host.readBytes(source) : undefined
    if (status && bytes) host.write(target, bytes, {mode: status.mode, owner: {uid, gid}, replaceLink: true})
  }
}
