import type {NodeConfig, WifiNetwork} from '#dsl'
import {defineApplier, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {isRunning, reportAbsent} from './connman.ts'

const settings = '/var/lib/connman/settings'

/**
 * Configures wireless networks in a provisioning file of connman (connman-service.config(5)).
 *
 * Connman watches that file. It reads its settings only at start and rewrites them later, so a running connman is asked
 * to enable WiFi.
 */
export const wifi = defineApplier({
  name: 'wifi',
  keys: ['.wifi', 'network'],
  // A line break in a value could set any other option. The config reader has already reported it.
  select: (config) =>
    nonEmpty(
      [...(config.node.wifi ?? []), ...accessPoints(config)].filter(
        ({name, passphrase = ''}) => !/[\r\n\0]/.test(name + passphrase),
      ),
    ),
  apply(networks, node) {
    const {host} = node
    if (host.list('/etc/init.d') !== undefined && host.lstat('/etc/init.d/connman') === undefined) {
      reportAbsent(node, 'wifi')
      return 'unchanged'
    }
    mkdirAll(host, '/var/lib/connman')
    const lines = [
      '[global]',
      'Name=cloud-config',
      'Description=Services defined in the cloud-config',
      ...networks.flatMap(({name, passphrase = ''}, index) => [
        `[service_wifi${index}]`,
        'Type=wifi',
        `Passphrase=${escapeValue(passphrase)}`,
        `Name=${escapeValue(name)}`,
      ]),
    ]
    const isOff = !/^\[WiFi\]\n(?:(?!\[).*\n)*?Enable=true$/m.test(host.read(settings) ?? '')
    if (isOff) host.write(settings, '[WiFi]\nEnable=true\nTethering=false\n')
    // This fails if there is no WiFi device yet; then the settings apply.
    if (isOff && isRunning(host)) host.run(['connmanctl', 'enable', 'wifi'], {output: 'discard'})
    return outcomeOf(
      isOff,
      // Holds passphrases, so only root may read it.
      writeIfChanged(host, '/var/lib/connman/cloud-config.config', lines.map((line) => `${line}\n`).join(''), {
        mode: 0o600,
      }),
    )
  },
})

/** The wireless networks of `network.wifis`. connman knows the card. */
const accessPoints = ({network}: NodeConfig): readonly WifiNetwork[] =>
  Object.values(network?.wifis ?? {}).flatMap(({'access-points': points = {}}) =>
    Object.entries(points).map(([name, {password: passphrase}]) => ({name, passphrase})),
  )

/**
 * Escapes a value for a GLib key file (Desktop Entry Specification, "Possible value types"), which trims leading
 * blanks.
 */
const escapeValue = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replace(/^ +/, (blanks) => '\\s'.repeat(blanks.length))
