import type {NodeConfig} from '#dsl'

/**
 * Removes what must not be seen from a text that is about to be shown: token, password, passphrases, and the
 * credentials in URLs.
 */
export function redactSecrets(text: string, config: NodeConfig): string {
  const {token, password, wifi = []} = config.node
  const secrets = [token, password, ...wifi.map(({passphrase}) => passphrase)]
    // Shorter ones would be found in the middle of ordinary words.
    .filter((secret): secret is string => secret !== undefined && secret.length > 3)
    .sort((a, b) => b.length - a.length)
  return secrets
    .reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text)
    .replace(/(\w+:\/\/)[^\s/@]+@/g, '$1[secret]@')
}
