import type {NodeConfig, NodeUser} from '#dsl'
import {loginUser} from '../../host/login-user.ts'
import {isCrypted} from '../password.ts'

/** The hash that the config sets; undefined if it sets none. */
export const hashedPassword = (user: NodeUser): string | undefined =>
  user.hashed_passwd || (user.plain_text_passwd || !isCrypted(user.passwd ?? '') ? undefined : user.passwd)

/** The password in clear that is to be set; undefined if there is none. */
export function clearPassword(user: NodeUser, {node}: NodeConfig): string | undefined {
  if (user.lock_passwd || hashedPassword(user) !== undefined) return undefined
  // The node's password is that of the login user.
  if (user.name === loginUser && node.password) return undefined
  return user.plain_text_passwd || user.passwd || undefined
}
