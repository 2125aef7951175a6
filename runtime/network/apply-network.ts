import type {NetworkConfig} from '#dsl'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {composeResolver, recomposeResolver} from './compose-resolver.ts'
import {readNetwork} from './links.ts'
import {networkFiles} from './network-files.ts'
import type {AppliedNetwork, DhcpLink, NetworkPlan} from './plan/network-plan.ts'
import {planNetwork} from './plan/plan-network.ts'
import type {NetworkProblem} from './plan/wanted.ts'
import {renderDhcp} from './render-dhcp.ts'
import {runOperations} from './run-operations.ts'

/**
 * Makes the links of the node those of the document, without touching what is as wanted already. Failures are in the
 * result, and the rest is set up all the same. Throws an Error if the links cannot be read.
 */
export function applyNetwork(
  host: Host,
  config: NetworkConfig,
): {readonly changed: boolean; readonly problems: readonly NetworkProblem[]} {
  const before = readApplied(host)
  mkdirAll(host, networkFiles.directory)
  const isTaken = writeIfChanged(
    host,
    networkFiles.links,
    lines(takenLinks(host, planNetwork(config, readNetwork(host), before))),
  )
  // It configures the links until it is started without them. Their addresses go with it, so the links are read again.
  if (isTaken && host.lstat('/run/connman') !== undefined)
    host.run(['rc-service', '--nodeps', '--ifstarted', 'connman', 'restart'], {output: 'discard'})
  const plan = planNetwork(config, readNetwork(host), before)
  const failures = runOperations(host, plan.operations)
  writeIfChanged(host, networkFiles.wanted, `${JSON.stringify(config)}\n`, {mode: 0o600})
  host.write(networkFiles.applied, `${JSON.stringify(plan.applied)}\n`)
  host.write(networkFiles.awaited, lines(plan.awaited.map(({name, family}) => `${name} ${family}`)))
  const isResolverChanged = setResolver(host, plan)
  const {isChanged: isDhcpChanged, problems} = setDhcp(host, plan.dhcp)
  return {
    changed: plan.operations.some((operation) => 'ip' in operation) || isTaken || isResolverChanged || isDhcpChanged,
    problems: [...plan.problems, ...failures, ...problems],
  }
}

/** The image's own service keeps the cards that ask DHCP if there is no other dhcpcd: they must not lose the address that they have. */
function takenLinks(host: Host, {applied, dhcp}: NetworkPlan): readonly string[] {
  const left = hasDhcpClient(host) ? [] : dhcp.map(({name}) => name)
  return Object.keys(applied).filter((name) => !left.includes(name))
}

/** In Debian's or in Alpine's directory. Where it is the service of all cards, it cannot run a second time. */
const hasDhcpClient = (host: Host): boolean =>
  ['/usr/sbin/dhcpcd', '/sbin/dhcpcd'].some((program) => host.lstat(program) !== undefined) &&
  host.lstat('/etc/runlevels/default/dhcpcd') === undefined

const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('')

/** What the last apply since the start of the machine has set up. */
export function readApplied(host: Host): AppliedNetwork {
  const text = host.read(networkFiles.applied)
  try {
    return text === undefined ? {} : JSON.parse(text)
  } catch {
    // Only this program writes the file, so a damaged one counts as missing.
    return {}
  }
}

function setResolver(host: Host, {nameservers, search, dhcp}: NetworkPlan): boolean {
  const text = lines([
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...nameservers.map((server) => `nameserver ${server}`),
  ])
  if (text === '' && dhcp.length === 0 && host.read(networkFiles.resolver) === undefined) return false
  composeResolver(host)
  const changed = writeIfChanged(host, networkFiles.resolver, text)
  if (changed) host.run(['/usr/libexec/fallback-dns', '--once'], {output: 'discard'})
  if (changed && host.lstat('/run/connman') !== undefined) recomposeResolver(host)
  return changed
}

const service = 'link-dhcp'

function setDhcp(host: Host, links: readonly DhcpLink[]) {
  if (links.length === 0) {
    const isChanged = host.read(networkFiles.dhcp) !== undefined
    if (isChanged) {
      host.remove(networkFiles.dhcp)
      host.run(['rc-service', '--nodeps', '--ifstarted', service, 'stop'], {output: 'discard'})
    }
    return {isChanged, problems: []}
  }
  if (!hasDhcpClient(host)) return {isChanged: false, problems: [noClient]}
  const isChanged = writeIfChanged(host, networkFiles.dhcp, renderDhcp(links))
  if (!isChanged) return {isChanged, problems: []}
  const {status} = host.run(['rc-service', '--nodeps', service, 'restart'], {output: 'discard'})
  const failed: NetworkProblem = {
    path: 'network',
    message: `has links that ask DHCP, and dhcpcd could not be started: rc-service ${renderStatus(status)}`,
    hint: `Look for its messages in /var/log, and start it with \`rc-service ${service} start\`.`,
  }
  return {isChanged, problems: status === 0 ? [] : [failed]}
}

const noClient: NetworkProblem = {
  path: 'network',
  message:
    'has links that ask DHCP, and this image has no dhcpcd for them: its own service configures the cards among them, without overrides',
  hint: "Add the package dhcpcd-base to the recipe; in Alpine, use alpineBase({size: 'full'}).",
}
