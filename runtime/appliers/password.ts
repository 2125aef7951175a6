import {defineApplier, type Node, type Outcome} from '../apply/applier.ts'
import {mkdirAll, renderStatus} from '../host/host.ts'
import {loginUser} from '../host/login-user.ts'
import {encodeUtf8} from '../text/utf8.ts'

/** Prefixes of the hashes that crypt(3) knows (crypt(5) of libxcrypt). */
const crypted = /^\$(?:1|2[abxy]|3|5|6|7|y|gy|md5|sha1)[$,]/

/** Sets the password of the login user through chpasswd(8), which reads it from its standard input. */
export const password = defineApplier({
  name: 'password',
  keys: ['.password'],
  select: (config) => (config.node.password === '' ? undefined : config.node.password),
  apply(wanted, node): Outcome {
    // chpasswd reads lines: a second one could set the password of root.
    if (/[\r\n\0]/.test(wanted)) throw new Error('must be on one line')
    const before = shadowField(node)
    const isCrypted = crypted.test(wanted)
    if (before !== undefined && (isCrypted ? before === wanted : isRemembered(node, wanted, before))) return 'unchanged'
    const {status} = node.host.run(['chpasswd', ...(isCrypted ? ['-e'] : [])], {stdin: `${loginUser}:${wanted}`})
    if (status !== 0) throw new Error(`could not be set: chpasswd ${renderStatus(status)}`)
    const after = shadowField(node)
    if (!isCrypted && after !== undefined && after !== before) remember(node, wanted, after)
    return 'changed'
  },
})

function shadowField({host}: Node): string | undefined {
  const line = (host.read('/etc/shadow') ?? '').split('\n').find((line) => line.startsWith(`${loginUser}:`))
  return line?.split(':')[1]
}

/**
 * A plain-text password cannot be compared with its hash here. So the applier keeps a digest of both, readable by root
 * only and until power off, which shows that nothing has changed since.
 */
const memory = ({identity}: Node): string => `${identity.runDir}/password.sha256`

const digest = ({host}: Node, wanted: string, field: string): string => host.sha256(encodeUtf8(`${wanted}\n${field}\n`))

const isRemembered = (node: Node, wanted: string, field: string): boolean => {
  const known = node.host.read(memory(node))
  return known !== undefined && known === digest(node, wanted, field)
}

function remember(node: Node, wanted: string, field: string): void {
  mkdirAll(node.host, node.identity.runDir)
  node.host.write(memory(node), digest(node, wanted, field), {mode: 0o600})
}
