import {defineApplier, inSection, type Node, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {type Host, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {composeResolver, recomposeResolver} from '../network/compose-resolver.ts'
import {timeServersOf} from './clock/time-servers.ts'

const mainConf = '/etc/connman/main.conf'

/**
 * Sets the fallback time servers of connman (connman.conf(5)), whether it joins the wireless networks of `network.wifis`
 * beside a connected cable, which it would not do by itself, and the fallback name servers of `fallback-dns`: without
 * its DNS proxy, connman uses FallbackNameservers only for itself.
 *
 * Keeps the image's other settings. Connman reads the file only at start, so a running connman is restarted, as when
 * userdata sets the servers; only once, because the next run finds the file unchanged.
 */
export const connman = defineApplier({
  name: 'connman',
  keys: ['.dns_nameservers', '.ntp_servers', 'ntp', 'network'],
  select: (config) => {
    const {node, network, write_files} = config
    const hasWifis = Object.keys(network?.wifis ?? {}).length > 0
    const nameservers = onOneLine(node.dns_nameservers)
    const timeservers = onOneLine(timeServersOf(config))
    if (nameservers === undefined && timeservers === undefined && !hasWifis) return undefined
    // The user's own file is written later in each phase, and wins.
    return {nameservers, timeservers, hasWifis, isWritten: write_files?.some(({path}) => path === mainConf) ?? false}
  },
  apply({nameservers, timeservers, hasWifis, isWritten}, node) {
    const {host} = node
    if (host.list('/etc/connman') === undefined) {
      if (nameservers) reportAbsent(node, 'dns_nameservers')
      if (timeservers) reportAbsent(node, 'ntp_servers')
      return 'unchanged'
    }
    const settings = {
      ...(nameservers && {FallbackNameservers: nameservers.join(',')}),
      ...(timeservers && {FallbackTimeservers: timeservers.join(',')}),
      // Of technologies that are not listed, connman connects one service alone: without `ethernet`, a cable ends its search.
      ...(hasWifis && {AlwaysConnectedTechnologies: 'ethernet,wifi'}),
    }
    const changed = !isWritten && writeIfChanged(host, mainConf, withSettings(host.read(mainConf) ?? '', settings))
    if (changed && isRunning(host)) restart(host)
    return outcomeOf(changed, nameservers !== undefined && fallBackTo(host, nameservers))
  },
})

/** Reports a key that only connman could follow, in an image without it. */
export const reportAbsent = (node: Node, key: string): void =>
  node.report({
    path: inSection(node, key),
    message: 'is not possible: this image has no connman',
    hint: 'Use base() or alpineBase({size: "full"}) in the recipe, or leave the key out.',
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

/** Name servers for while the network provides none: connman uses its own setting only for itself. */
function fallBackTo(host: Host, nameservers: readonly string[]): boolean {
  const changed = writeIfChanged(
    host,
    '/etc/fallback-nameservers',
    nameservers.map((server) => `nameserver ${server}\n`).join(''),
  )
  composeResolver(host)
  if (changed && isRunning(host)) recomposeResolver(host)
  return changed
}

/**
 * The service of connman creates the directory (recipes/base/files/etc/init.d/connman); /run starts empty at each boot.
 */
export const isRunning = (host: Host): boolean => host.lstat('/run/connman') !== undefined

/**
 * Without dependencies, because the service that runs this program needs the network. The next appliers need it too, so
 * this waits for it.
 */
function restart(host: Host): void {
  const {status} = host.run(['rc-service', '--nodeps', '--ifstarted', 'connman', 'restart'], {output: 'discard'})
  if (status !== 0) throw new Error(`take effect at the next boot: rc-service ${renderStatus(status)}`)
  host.run(['rc-service', '--nodeps', '--ifstarted', 'network-online', 'restart'], {output: 'discard'})
}

/** A line break in a value could set any other option. The config reader has already reported it. */
const onOneLine = (servers: readonly string[] | undefined) =>
  nonEmpty(servers?.filter((server) => !/[\r\n\0]/.test(server)))
