import {defineApplier, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

const mainConf = '/etc/connman/main.conf'
/** Puts name servers into resolv.conf while the network names none (recipes/base/files/usr/libexec/fallback-dns). */
const fallbackDns = 'fallback-dns'

/**
 * Tells connman which time servers to fall back to (connman.conf(5)), and `fallback-dns` which name servers: without its
 * DNS proxy connman uses FallbackNameservers for itself only.
 *
 * The other settings of the image stay. Connman reads the file only when it starts. So where it runs already, as when
 * userdata name the servers, it is restarted, once: the next time the file is as it should be.
 */
export const connman = defineApplier({
  name: 'connman',
  keys: ['.dns_nameservers', '.ntp_servers'],
  select: ({node, write_files}) => {
    const nameservers = onOneLine(node.dns_nameservers)
    const timeservers = onOneLine(node.ntp_servers)
    if (nameservers === undefined && timeservers === undefined) return undefined
    // The user's own file is written later in each phase, and wins.
    return {nameservers, timeservers, isWritten: write_files?.some(({path}) => path === mainConf) ?? false}
  },
  apply({nameservers, timeservers, isWritten}, {host}) {
    if (host.list('/etc/connman') === undefined) throw new Error('cannot be set: connman is not in this image')
    const settings = {
      ...(nameservers && {FallbackNameservers: nameservers.join(',')}),
      ...(timeservers && {FallbackTimeservers: timeservers.join(',')}),
    }
    const changed = !isWritten && writeIfChanged(host, mainConf, withSettings(host.read(mainConf) ?? '', settings))
    if (changed && isRunning(host)) restart(host)
    return outcomeOf(changed, nameservers !== undefined && fallBackTo(host, nameservers))
  },
})

/** The file with these settings in its first section, each once. */
function withSettings(found: string, settings: Readonly<Record<string, string>>): string {
  const lines = found === '' ? ['[General]'] : found.replace(/\n$/, '').split('\n')
  if (!lines.some((line) => line.trim() === '[General]')) lines.unshift('[General]')
  for (const [key, value] of Object.entries(settings)) {
    const at = lines.findIndex((line) => line.startsWith(`${key}=`))
    if (at >= 0) lines[at] = `${key}=${value}`
    else lines.push(`${key}=${value}`)
  }
  return `${lines.join('\n')}\n`
}

/** resolv.conf(5) of the node becomes what `fallback-dns` makes of the network's name servers and these. */
function fallBackTo(host: Host, nameservers: readonly string[]): boolean {
  const changed = writeIfChanged(
    host,
    '/etc/fallback-nameservers',
    nameservers.map((server) => `nameserver ${server}\n`).join(''),
  )
  const runlevel = '/etc/runlevels/default'
  if (host.lstat(`${runlevel}/${fallbackDns}`) === undefined) {
    mkdirAll(host, runlevel)
    host.symlink(`/etc/init.d/${fallbackDns}`, `${runlevel}/${fallbackDns}`)
    host.remove('/etc/resolv.conf')
    host.symlink('/run/resolv.conf', '/etc/resolv.conf')
  }
  if (changed && isRunning(host)) host.run(['rc-service', '--nodeps', fallbackDns, 'restart'], {output: 'discard'})
  return changed
}

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
