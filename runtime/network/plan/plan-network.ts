import type {NetworkConfig} from '#dsl'
import type {Network} from '../links.ts'
import {findMistakes} from './find-mistakes.ts'
import {fromVersionOne} from './from-version-one.ts'
import {signatureOf} from './making-of.ts'
import {matchCards} from './match-cards.ts'
import type {AppliedLink, AppliedNetwork, AwaitedAddress, DhcpLink, DhcpUse, NetworkPlan} from './network-plan.ts'
import {orderLinks} from './order-links.ts'
import {impliedCards, membersOf, type PlacedLink, placeLinks} from './place-links.ts'
import {planAddresses, planRoutes} from './plan-addresses.ts'
import {planLinks, planStates} from './plan-links.ts'
import {planRemovals} from './plan-removals.ts'
import {planRenames} from './plan-renames.ts'
import {type LinkSettings, type WantedLink, wantedLinks} from './wanted.ts'
import {wantedRoutes, wantedRules} from './wanted-routes.ts'

/**
 * What has to change so that the links of the node are those of the document. Links that are as wanted already are not
 * touched, so that nothing that uses them is cut.
 */
export function planNetwork(document: NetworkConfig, {links, routes}: Network, before: AppliedNetwork): NetworkPlan {
  const config = fromVersionOne(document)
  const mistakes = findMistakes(config)
  const isUsable = ({path}: WantedLink) =>
    !mistakes.some((mistake) =>
      ['', '.id', '.link', '.interfaces', '.match'].some((key) => mistake.path === path + key),
    )
  const usable = wantedLinks(config).filter(isUsable)
  const {ordered} = orderLinks([...impliedCards(usable, links), ...usable])
  const {cards, problems: unmatched} = matchCards(ordered, links)
  const {operations: removals, left} = planRemovals(ordered, links, before)
  const {placed, problems: misplaced} = placeLinks(ordered, cards, left)
  const members = membersOf(placed)
  const configured = placed.filter(({name}) => !members.has(name))
  const applied = Object.fromEntries(placed.map((link) => [link.name, appliedOf(link, members.has(link.name))]))
  return {
    operations: [
      ...removals,
      ...planRenames([...cards.values()].flat()),
      ...planLinks(placed),
      ...planStates(placed),
      ...planAddresses(placed, applied, before),
      ...planRoutes(placed, applied, before, routes),
    ],
    dhcp: configured.flatMap(dhcpOf),
    nameservers: unique(configured.flatMap(({wanted}) => wanted.settings.nameservers?.addresses ?? [])),
    search: unique(configured.flatMap(({wanted}) => wanted.settings.nameservers?.search ?? [])),
    awaited: configured.flatMap(({name, wanted}) => awaitedFamilies(wanted.settings).map((family) => ({name, family}))),
    applied,
    problems: [...mistakes, ...unmatched, ...misplaced],
  }
}

function appliedOf({name, wanted}: PlacedLink, isMember: boolean): AppliedLink {
  const {id, kind, path, settings} = wanted
  const made = kind === 'ethernet' ? '' : signatureOf(wanted)
  if (isMember) return {id, kind, made, addresses: [], routes: [], rules: []}
  const words = ({args}: {readonly args: readonly string[]}) => args.join(' ')
  return {
    id,
    kind,
    made,
    addresses: settings.addresses ?? [],
    routes: wantedRoutes(name, path, settings).map(words),
    rules: wantedRules(path, settings).map(words),
  }
}

/** Many networks have no DHCPv6: where IPv4 is asked for, too, the boot does not wait for it. */
function awaitedFamilies({optional, dhcp4, dhcp6, addresses = []}: LinkSettings): readonly AwaitedAddress['family'][] {
  if (optional) return []
  const has = (family: 4 | 6) => addresses.some((address) => address.includes(':') === (family === 6))
  return [...(dhcp4 || has(4) ? [4 as const] : []), ...((dhcp6 && !dhcp4) || has(6) ? [6 as const] : [])]
}

function dhcpOf({name, wanted: {settings}}: PlacedLink): readonly DhcpLink[] {
  const {dhcp4, dhcp6} = settings
  if (!dhcp4 && !dhcp6) return []
  return [
    {
      name,
      v4: dhcp4 ? useOf(settings['dhcp4-overrides']) : undefined,
      v6: dhcp6 ? useOf(settings['dhcp6-overrides']) : undefined,
    },
  ]
}

const useOf = (overrides: LinkSettings['dhcp4-overrides'] = {}): DhcpUse => ({
  dns: overrides['use-dns'] ?? true,
  domains: overrides['use-domains'] ?? true,
  routes: overrides['use-routes'] ?? true,
  mtu: overrides['use-mtu'] ?? true,
  hostname: (overrides['send-hostname'] ?? true) && (overrides.hostname ?? true),
  metric: overrides['route-metric'],
})

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)]
