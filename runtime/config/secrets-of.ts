import {hidden, type Identity, isSecretName, type NodeConfig} from '#dsl'
import {interpretSource} from './interpret/interpret-source.ts'
import {SourceReport, type VisitedValue} from './interpret/source-report.ts'
import type {KeyPath} from './problem.ts'
import {parseYaml} from './yaml/parse-yaml.ts'

/**
 * The secrets of a config: token, passwords, passphrases, values of variables and arguments with such a name, and the contents
 * of files, which only their reader knows.
 */
export const secretsOf = ({users = [], write_files = [], network, node}: NodeConfig): string[] => {
  const {token, password, registries = {}, wifi = [], environment = {}, k3s_args = []} = node
  return [
    ...[token, password],
    ...wifi.map(({passphrase}) => passphrase),
    ...Object.values(network?.wifis ?? {})
      .flatMap(({'access-points': points = {}}) => Object.values(points))
      .map(({password: passphrase}) => passphrase),
    ...Object.values(registries.configs ?? {}).flatMap(({auth}) => [auth?.password, auth?.auth, auth?.identity_token]),
    ...users.flatMap(({passwd, hashed_passwd, plain_text_passwd}) => [passwd, hashed_passwd, plain_text_passwd]),
    ...write_files.map(({content}) => content),
    ...Object.entries(environment).flatMap(([name, value]) => (isSecretName(name) ? [value] : [])),
    ...k3s_args.flatMap((argument, index) => secretOfArgument(argument, k3s_args[index - 1] ?? '')),
  ].filter((secret): secret is string => secret !== undefined && secret !== '' && secret !== hidden)
}

/** The secret in an argument, as in `--token=x` or as the item after `--token`. */
function secretOfArgument(argument: string, before: string): string[] {
  const [, flag = '', value = ''] = /^(--?[\w-]+)=(.*)$/s.exec(argument) ?? []
  if (isSecretName(flag)) return [value]
  return isSecretFlag(before) && !argument.startsWith('-') ? [argument] : []
}

const isSecretFlag = (text: string): boolean => /^--?[\w-]+$/.test(text) && isSecretName(text)

/** A config.yaml with `[secret]` in the place of each secret, wherever and however it is written. */
export function hideSecretsOf(text: string, identity: Identity): string {
  const report = new SourceReport('', {identity, text})
  interpretSource(parseYaml(text).root, report)
  const places = secretPlaces(report.visited, identity)
  let [shown, done] = ['', 0]
  for (const [at, end] of [...places].sort(([a], [b]) => a - b)) {
    // A secret by an alias was hidden at its anchor.
    if (at < done) continue
    const written = text.slice(at, end)
    const [indentation = ''] = /^ */.exec(written) ?? []
    shown += `${text.slice(done, at)}${indentation}${hidden}${written.endsWith('\n') ? '\n' : ''}`
    done = end
  }
  return shown + text.slice(done)
}

/** By offset, the ends of the secrets in the text. */
function secretPlaces(visited: readonly VisitedValue[], identity: Identity): ReadonlyMap<number, number> {
  const places = new Map<number, number>()
  let before: VisitedValue | undefined
  for (const value of visited) {
    const {path, at, raw} = value
    if (raw.kind === 'text' && raw.end !== undefined && raw.end > at) {
      const isAfterFlag = before?.raw.kind === 'text' && isSecretFlag(before.raw.text) && !raw.text.startsWith('-')
      if (isSecretPath(path, identity) || (isAfterFlag && path[1] === `${identity.kubernetes}_args`))
        places.set(at, raw.end)
    }
    before = value
  }
  return places
}

function isSecretPath([first, second, third, fourth, fifth, sixth]: KeyPath, {section}: Identity): boolean {
  if (first === 'write_files') return third === 'content'
  if (first === 'users') return typeof third === 'string' && third.endsWith('passwd') && third !== 'lock_passwd'
  if (first === 'network') return second === 'wifis' && sixth === 'password'
  if (first !== section) return false
  if (second === 'registries') return fifth === 'auth' && sixth !== 'username'
  if (second === 'wifi') return fourth === 'passphrase'
  if (second === 'environment') return typeof third === 'string' && isSecretName(third)
  return second === 'token' || second === 'password'
}
