import {makingOf} from './making-of.ts'
import type {Operation} from './network-plan.ts'
import {membersOf, type PlacedLink} from './place-links.ts'

/** Makes links, gives them their MAC address and MTU, and joins members. Links are in the order of their making. */
export function planLinks(placed: readonly PlacedLink[]): readonly Operation[] {
  const byName = new Map(placed.map((link) => [link.name, link]))
  const members = membersOf(placed)
  return [...placed.filter((link) => isFreed(link, members)).map(free), ...placed.flatMap((link) => make(link, byName))]
}

/** It is a member of a link of the document, and should not be. Members of other bridges belong to network plugins. */
const isFreed = ({name, now, wanted: {kind}}: PlacedLink, members: ReadonlySet<string>): boolean =>
  kind === 'ethernet' && now?.master !== undefined && !members.has(name)

const free = ({name, wanted: {path}}: PlacedLink): Operation => ({path, ip: ['link', 'set', 'dev', name, 'nomaster']})

function make({name, wanted, now, parts}: PlacedLink, byName: ReadonlyMap<string, PlacedLink>): readonly Operation[] {
  const {path, settings} = wanted
  const operations: Operation[] = []
  const ip = (...args: readonly string[]) => operations.push({path, ip: args})
  if (now === undefined && wanted.kind !== 'ethernet')
    ip('link', 'add', ...(wanted.kind === 'vlan' ? ['link', ...parts] : []), 'name', name, ...makingOf(wanted))
  if (settings.macaddress && settings.macaddress.toLowerCase() !== now?.mac?.toLowerCase())
    ip('link', 'set', 'dev', name, 'address', settings.macaddress)
  if (wanted.kind === 'bond' || wanted.kind === 'bridge')
    for (const part of parts) {
      const member = byName.get(part)
      if (member !== undefined) operations.push(...join(member, name, wanted.kind))
    }
  if (settings.mtu && Number(settings.mtu) !== now?.mtu) ip('link', 'set', 'dev', name, 'mtu', settings.mtu)
  // The kernel accepts only a member.
  const primary = wanted.kind === 'bond' ? wanted.settings.parameters?.primary : undefined
  if (primary !== undefined && now === undefined) ip('link', 'set', 'dev', name, 'type', 'bond', 'primary', primary)
  if (wanted.kind === 'bridge' && now === undefined) {
    const {'path-cost': costs = {}, 'port-priority': priorities = {}} = wanted.settings.parameters ?? {}
    for (const [part, cost] of Object.entries(costs))
      ip('link', 'set', 'dev', part, 'type', 'bridge_slave', 'cost', cost)
    for (const [part, priority] of Object.entries(priorities))
      ip('link', 'set', 'dev', part, 'type', 'bridge_slave', 'priority', priority)
  }
  return operations
}

function join({name, now, wanted: {path}}: PlacedLink, master: string, kind: 'bond' | 'bridge'): readonly Operation[] {
  if (now?.master === master) return []
  const ip = (...args: readonly string[]): Operation => ({path, ip: args})
  return [
    // A member has no addresses of its own; what gave it some does so no more.
    ...(now?.addresses.some(({scope}) => scope === 'global') ? [ip('address', 'flush', 'dev', name)] : []),
    // A bond accepts only members that are down.
    ...(kind === 'bond' && now?.isUp ? [ip('link', 'set', 'dev', name, 'down')] : []),
    ip('link', 'set', 'dev', name, 'master', master),
  ]
}

/** Settings of the kernel for a link, and that it is up. */
export function planStates(placed: readonly PlacedLink[]): readonly Operation[] {
  const members = membersOf(placed)
  return [
    ...placed.flatMap(({name, wanted: {path, settings}}): readonly Operation[] => {
      const value = (family: string, key: string, to: string): Operation => ({
        path,
        file: `/proc/sys/net/${family}/conf/${name}/${key}`,
        value: to,
      })
      if (members.has(name)) return [value('ipv6', 'accept_ra', '0')]
      // With 2, also on a node that forwards packets, as Kubernetes requires (ip-sysctl). With DHCPv6, its client asks
      // the routers.
      const follows = settings['accept-ra'] ?? true
      return settings.dhcp6 ? [] : [value('ipv6', 'accept_ra', follows ? '2' : '0')]
    }),
    ...placed
      .filter((link) => isToBeSetUp(link, members))
      .map(({name, wanted: {path}}) => ({path, ip: ['link', 'set', 'dev', name, 'up']})),
  ]
}

/** It is down now, or was set down above. */
const isToBeSetUp = ({name, now}: PlacedLink, members: ReadonlySet<string>): boolean =>
  !now?.isUp || now.name !== name || (members.has(name) && now.master === undefined)
