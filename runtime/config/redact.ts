import type {NodeConfig} from '#dsl'

/**
 * Removes what must not be seen from a text that is about to be shown: token, password, passphrases, and the
 * credentials in URLs.
 */
export function redactSecrets(text: string, config: NodeConfig): string {
  const secrets = secretsOf(config)
    // Shorter ones would be found in the middle of ordinary words.
    .filter((secret) => secret.length > 3)
    .sort((a, b) => b.length - a.length)
  return redactCredentials(secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text))
}

/** What stands in the place of a secret. */
export const hidden = '[secret]'

/** The secrets of a config as texts: token, password and passphrases. */
export const secretsOf = ({node: {token, password, wifi = []}}: NodeConfig): string[] =>
  [token, password, ...wifi.map(({passphrase}) => passphrase)].filter((secret) => secret !== undefined)

/**
 * Removes user and password from the URLs in a text.
 *
 * A scheme begins where a word does: tried from every letter of a long word, the pattern would take quadratic time.
 */
export const redactCredentials = (text: string): string => text.replace(/\b(\w+:\/\/)[^\s/@]+@/g, `$1${hidden}@`)
