import {defineApplier, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {isRunning} from './connman.ts'

const settings = '/var/lib/connman/settings'

/**
 * Joins wireless networks, by a provisioning file of connman (connman-service.config(5)).
 *
 * Connman sees that file change. Its settings it reads only when it starts, and writes them itself later: where it runs
 * already, it is asked to enable wireless networks.
 */
export const wifi = defineApplier({
  name: 'wifi',
  keys: ['.wifi'],
  // What breaks the line could set any other option. The reader has reported it.
  select: (config) =>
    nonEmpty(config.node.wifi?.filter(({name, passphrase = ''}) => !/[\r\n\0]/.test(name + passphrase))),
  apply(networks, {host}) {
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
    // It fails if there is no such device yet: then the settings apply.
    if (isOff && isRunning(host)) host.run(['connmanctl', 'enable', 'wifi'], {output: 'discard'})
    return outcomeOf(
      isOff,
      // Holds passphrases, so nobody but root may read it.
      writeIfChanged(host, '/var/lib/connman/cloud-config.config', lines.map((line) => `${line}\n`).join(''), {
        mode: 0o600,
      }),
    )
  },
})

/** As the key files of GLib have it (Desktop Entry Specification, "Possible value types"): blanks at the start would be cut off. */
const escapeValue = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replace(/^ +/, (blanks) => '\\s'.repeat(blanks.length))
