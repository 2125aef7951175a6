import type {Node} from '../apply/applier.ts'
import {fetchWithRetries, type RetryOptions} from '../fetch/fetch-with-retries.ts'
import {decodeUtf8} from '../text/utf8.ts'

const providers: Readonly<Record<string, (user: string) => string>> = {
  github: (user) => `https://github.com/${user}.keys`,
  gitlab: (user) => `https://gitlab.com/${user}.keys`,
}
const tries = 10

/**
 * Fetches the keys of `github:user`, `gitlab:user` or a URL: those lines of the response that are public keys.
 *
 * Throws an Error with the reason if there are none: a captive portal answers 200 to everything.
 */
export function fetchKeys(node: Node, key: string, shared: NonNullable<RetryOptions['shared']>): string {
  const at = key.indexOf(':')
  const url = providers[key.slice(0, at).toLowerCase()]?.(key.slice(at + 1)) ?? key
  const lines = decodeUtf8(fetchWithRetries(node.host, url, {tries, shared, env: node.environment})).split('\n')
  if (!lines.some(isPublicKey)) throw new Error('the response contains no OpenSSH public key')
  return lines.filter((line) => line.trim() === '' || isPublicKey(line)).join('\n')
}

const isPublicKey = (line: string): boolean => publicKey.test(line)

/** One option, such as `restrict` and `from="10.0.0.0/8"`. */
const option = String.raw`[A-Za-z][A-Za-z0-9-]*(?:="(?:\\.|[^"\\])*")?`

/**
 * Options, type and key (sshd(8), AUTHORIZED_KEYS FILE FORMAT). Every key begins with AAAA, since it starts with a
 * length of four bytes (RFC 4253, section 6.6).
 */
const publicKey = new RegExp(
  String.raw`^\s*(?:${option}(?:,${option})*\s+)?(?:ssh|ecdsa-sha2|sk)-[\w@.-]+\s+AAAA[A-Za-z0-9+/]*=*(?:\s|$)`,
)
