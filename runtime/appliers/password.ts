import {defineApplier, type Node, type Outcome, outcomeOf} from '../apply/applier.ts'
import {mkdirAll, renderStatus} from '../host/host.ts'
import {loginUser} from '../host/login-user.ts'
import {encodeUtf8} from '../text/utf8.ts'

/** Whether a text is a hash of crypt(3). */
export const isCrypted = (text: string): boolean => crypted.test(text)

/** Prefixes of the hashes that crypt(3) knows (crypt(5) of libxcrypt). */
const crypted = /^\$(?:1|2[abxy]|3|5|6|7|y|gy|md5|sha1)[$,]/

/** Sets the password of the login user. */
export const password = defineApplier({
  name: 'password',
  keys: ['.password'],
  select: (config) => (config.node.password === '' ? undefined : config.node.password),
  apply(wanted, node): Outcome {
    if (!isCrypted(wanted)) return outcomeOf(setClearPassword(node, loginUser, wanted))
    if (shadowField(node, loginUser) === wanted) return 'unchanged'
    change(node, loginUser, wanted, ['-e'])
    return 'changed'
  },
})

/** Sets a password in clear, unless it is the user's already. Returns whether it was set. Throws an Error if it cannot be. */
export function setClearPassword(node: Node, user: string, wanted: string): boolean {
  const before = shadowField(node, user)
  if (before !== undefined && isRemembered(node, {user, wanted, field: before})) return false
  change(node, user, wanted, [])
  const after = shadowField(node, user)
  if (after !== undefined && after !== before) remember(node, {user, wanted, field: after})
  return true
}

/** Through chpasswd(8), which reads the password from its standard input. */
function change({host}: Node, user: string, wanted: string, options: readonly string[]): void {
  // chpasswd reads lines: a second one could set the password of root.
  if (/[\r\n\0]/.test(wanted)) throw new Error('must be on one line')
  const {status} = host.run(['chpasswd', ...options], {stdin: `${user}:${wanted}`})
  if (status !== 0) throw new Error(`could not be set: chpasswd ${renderStatus(status)}`)
}

function shadowField({host}: Node, user: string): string | undefined {
  const line = (host.read('/etc/shadow') ?? '').split('\n').find((line) => line.startsWith(`${user}:`))
  return line?.split(':')[1]
}

/**
 * A plain-text password cannot be compared with its hash here. So a digest of both is kept, readable by root only and
 * until power off, which shows that nothing has changed since.
 */
const memory = ({identity}: Node, user: string): string =>
  `${identity.runDir}/password${user === loginUser ? '' : `-${user}`}.sha256`

interface SetPassword {
  readonly user: string
  readonly wanted: string
  /** The field in shadow(5). */
  readonly field: string
}

const digest = ({host}: Node, {wanted, field}: SetPassword): string => host.sha256(encodeUtf8(`${wanted}\n${field}\n`))

const isRemembered = (node: Node, set: SetPassword): boolean => {
  const known = node.host.read(memory(node, set.user))
  return known !== undefined && known === digest(node, set)
}

function remember(node: Node, set: SetPassword): void {
  mkdirAll(node.host, node.identity.runDir)
  node.host.write(memory(node, set.user), digest(node, set), {mode: 0o600})
}
