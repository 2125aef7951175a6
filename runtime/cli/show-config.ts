import {hidden, type Identity, isSecretName, type NodeConfig, redactText, redactWords} from '#dsl'
import {readOneConfig} from '../config/read-one-config.ts'
import {renderConfig} from '../config/render-config.ts'
import {hideSecretsOf, secretsOf} from '../config/secrets-of.ts'
import {renderYaml} from '../config/yaml/render-yaml.ts'

/**
 * A config.yaml that is safe to show: as written, without tokens, passwords, passphrases, credentials and contents of files.
 *
 * If the text spells a secret such that it cannot be found, or has mistakes that may hide one, the result is rendered
 * from what a node reads from it.
 */
export function showConfig(text: string, identity: Identity): string {
  const {config, problems} = readOneConfig('config.yaml', text, identity)
  const secrets = secretsOf(config)
  const shown = redactText(hideSecretsOf(text, identity))
  // Without brackets, which YAML reads as a list.
  const left = readOneConfig('config.yaml', shown.replaceAll(hidden, 'secret'), identity)
  const isSafe = !secretsOf(left.config).some((secret) => secrets.includes(secret))
  if (problems.length === 0 && left.problems.length === 0 && isSafe) return shown
  const rendered = renderYaml(renderConfig(withoutSecrets(config), identity))
  const note = problems.length === 0 ? '' : '# The file has mistakes; this is what a node reads from it.\n'
  return `${note}${redactText(rendered)}\n`
}

const withoutSecrets = ({node, network, write_files, ...top}: NodeConfig): NodeConfig => ({
  ...top,
  ...(network && {network: {...network, wifis: withoutPasswords(network.wifis)}}),
  ...(write_files && {
    write_files: write_files.map((file) => (file.content ? {...file, content: hidden} : file)),
  }),
  node: {
    ...node,
    ...(node.token !== undefined && {token: hidden}),
    ...(node.password !== undefined && {password: hidden}),
    ...(node.wifi && {wifi: node.wifi.map((network) => ({...network, passphrase: hidden}))}),
    ...(node.k3s_args && {k3s_args: redactWords(node.k3s_args)}),
    ...(node.environment && {
      environment: Object.fromEntries(
        Object.entries(node.environment).map(([name, value]) => [name, isSecretName(name) ? hidden : value]),
      ),
    }),
  },
})

const withoutPasswords = (wifis: NonNullable<NodeConfig['network']>['wifis'] = {}) =>
  Object.fromEntries(
    Object.entries(wifis).map(([id, {'access-points': points = {}, ...wifi}]) => {
      const shown = Object.entries(points).map(([name, point]) => [name, {...point, password: hidden}])
      return [id, {...wifi, 'access-points': Object.fromEntries(shown)}]
    }),
  )
