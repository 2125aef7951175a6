import {hidden, isSecretName, type NodeConfig, redactText} from '#dsl'

/**
 * Removes secrets from a text that is about to be shown: those of the config, and those that {@link redactText}
 * recognises.
 */
export function redactSecrets(text: string, config: NodeConfig): string {
  const secrets = secretsOf(config)
    // Shorter ones would be found in the middle of ordinary words.
    .filter((secret) => secret.length > 3)
    .sort((a, b) => b.length - a.length)
  return redactText(secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text))
}

/**
 * The secrets of a config as texts: token, password and passphrases, values of variables and arguments whose names
 * suggest a secret, and contents of files, any of which may be one.
 */
export const secretsOf = ({write_files = [], node}: NodeConfig): string[] => {
  const {token, password, wifi = [], environment = {}, k3s_args = []} = node
  return [
    ...[token, password],
    ...wifi.map(({passphrase}) => passphrase),
    ...write_files.map(({content}) => content),
    ...Object.entries(environment).flatMap(([name, value]) => (isSecretName(name) ? [value] : [])),
    ...k3s_args.flatMap((argument, index) => secretOfArgument(argument, k3s_args[index - 1] ?? '')),
  ].filter((secret): secret is string => secret !== undefined && secret !== '' && secret !== hidden)
}

/** The secret in an argument, as `--token=x` or as the item after `--token`. */
function secretOfArgument(argument: string, before: string): string[] {
  const [, flag = '', value = ''] = /^(--?[\w-]+)=(.*)$/s.exec(argument) ?? []
  if (isSecretName(flag)) return [value]
  return /^--?[\w-]+$/.test(before) && isSecretName(before) && !argument.startsWith('-') ? [argument] : []
}
