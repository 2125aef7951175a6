import {defineApplier, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {type Host, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

const mainConf = '/etc/connman/main.conf'
/** Used when neither DHCP nor the config names a server. */
const defaultNameserver = '8.8.8.8'

/**
 * Tells connman which name and time servers to fall back to (connman.conf(5)).
 *
 * Written even when nothing is configured, because its defaults are not ours: pods' interfaces are none of its business.
 * It reads the file only when it starts. So where it runs already, as when userdata name the servers, it is restarted,
 * once: the next time the file is as it should be.
 */
export const connman = defineApplier({
  name: 'connman',
  keys: ['.dns_nameservers', '.ntp_servers'],
  select: ({node, write_files}) =>
    // The user's own file is written later in each phase, and wins.
    write_files?.some(({path}) => path === mainConf)
      ? undefined
      : {nameservers: onOneLine(node.dns_nameservers), timeservers: onOneLine(node.ntp_servers)},
  apply({nameservers, timeservers}, {host}) {
    if (host.list('/etc/connman') === undefined) {
      if (nameservers === undefined && timeservers === undefined) return 'unchanged'
      throw new Error('cannot be set: connman is not in this image')
    }
    const lines = [
      '[General]',
      'NetworkInterfaceBlacklist=veth',
      'PreferredTechnologies=ethernet,wifi',
      `FallbackNameservers=${(nameservers ?? [defaultNameserver]).join(',')}`,
      ...(timeservers === undefined ? [] : [`FallbackTimeservers=${timeservers.join(',')}`]),
    ]
    const changed = writeIfChanged(host, mainConf, lines.map((line) => `${line}\n`).join(''))
    if (changed && isRunning(host)) restart(host)
    return outcomeOf(changed)
  },
})

/** Its service makes the directory (recipes/base/files/etc/init.d/connman), which is gone after a boot. */
export const isRunning = (host: Host): boolean => host.lstat('/run/connman') !== undefined

/** Without dependencies: the service that runs us needs the network. What comes next needs it too, so it is waited for. */
function restart(host: Host): void {
  const {status} = host.run(['rc-service', '--nodeps', '--ifstarted', 'connman', 'restart'], {output: 'discard'})
  if (status !== 0) throw new Error(`take effect with the next boot: rc-service ${renderStatus(status)}`)
  host.run(['rc-service', '--nodeps', '--ifstarted', 'network-online', 'restart'], {output: 'discard'})
}

/** What breaks the line could set any other option. The reader has reported it. */
const onOneLine = (servers: readonly string[] | undefined) =>
  nonEmpty(servers?.filter((server) => !/[\r\n\0]/.test(server)))
