import type {RootEntry} from './finished-root.ts'

/** The rights that a program has in addition to those of its user (setuid, setgid, file capabilities); undefined for most. */
export function extraRights({type, mode, uid, gid, hasCapabilities}: RootEntry): string | undefined {
  if (type !== 'file') return undefined
  if ((mode & 0o4000) !== 0) return `the rights of user ${uid}`
  if ((mode & 0o2010) === 0o2010) return `the rights of group ${gid}`
  return hasCapabilities ? 'capabilities' : undefined
}
