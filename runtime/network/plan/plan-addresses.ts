import type {Network, Route} from '../links.ts'
import type {AppliedNetwork, Operation} from './network-plan.ts'
import type {PlacedLink} from './place-links.ts'
import {isSameAddress} from './same-address.ts'
import {type WantedRoute, wantedRoutes} from './wanted-routes.ts'

/**
 * Adds addresses that are missing, and removes those that an earlier document had. Others stay: a load balancer of the
 * cluster may have added them.
 */
export function planAddresses(
  placed: readonly PlacedLink[],
  applied: AppliedNetwork,
  before: AppliedNetwork,
): readonly Operation[] {
  return placed.flatMap(({name, now, wanted: {path, settings}}) => {
    const wanted = applied[name]?.addresses ?? []
    const known = before[name]?.addresses ?? []
    // A card is set down to be renamed, and loses its IPv6 addresses.
    const kept = now?.name === name ? now.addresses : []
    const found = kept.filter(({isDynamic}) => !isDynamic).map(({address}) => address)
    // What configured the link before this node's document did has left its address.
    const isTaken = before[name] === undefined && (wanted.length > 0 || settings.dhcp4 === true)
    const foreign = isTaken ? kept.filter(({scope, isFromRouter}) => scope === 'global' && !isFromRouter) : []
    const has = (list: readonly string[], address: string) => list.some((each) => isSameAddress(each, address))
    const obsolete = [...known.filter((each) => has(found, each)), ...foreign.map(({address}) => address)]
    return [
      ...obsolete
        .filter((address) => !has(wanted, address))
        .map((address) => ({path, ip: ['address', 'delete', address, 'dev', name]})),
      ...wanted
        .map((address, index) => ({address, path: `${path}.addresses[${index}]`}))
        .filter(({address}) => !has(found, address))
        .map(({address, path: place}) => ({
          path: place,
          ip: ['address', 'replace', address, ...(hasBroadcast(address) ? ['broadcast', '+'] : []), 'dev', name],
        })),
    ]
  })
}

const hasBroadcast = (address: string): boolean => !address.includes(':') && Number(address.split('/')[1]) < 31

/** Adds routes that are missing, and removes those that an earlier document had. Rules, too. */
export function planRoutes(
  placed: readonly PlacedLink[],
  applied: AppliedNetwork,
  before: AppliedNetwork,
  routes: Network['routes'],
): readonly Operation[] {
  const rulesBefore = Object.values(before).flatMap(({rules}) => rules)
  const rulesNow = Object.values(applied).flatMap(({rules}) => rules)
  return [
    ...placed.flatMap(({name, now, wanted: {path, settings}}): readonly Operation[] => {
      const known = before[name]?.routes ?? []
      const wanted = (applied[name]?.routes.length ?? 0) > 0 ? wantedRoutes(name, path, settings) : []
      const texts = wanted.map(({args}) => args.join(' '))
      // The kernel has removed the routes of a link that was made anew.
      const obsolete = now === undefined ? [] : known.filter((route) => !texts.includes(route))
      return [
        ...obsolete.map((route) => ({path, ip: ['route', 'delete', ...route.split(' ')]})),
        ...wanted
          .filter((route) => !isThere(route, name, routes, known))
          .map((route) => ({path: route.path, ip: ['route', 'replace', ...route.args]})),
      ]
    }),
    ...rulesBefore
      .filter((rule) => !rulesNow.includes(rule))
      .map((rule) => ({path: 'network', ip: ['rule', 'delete', ...rule.split(' ')]})),
    ...rulesNow
      .filter((rule) => !rulesBefore.includes(rule))
      .map((rule) => ({path: 'network', ip: ['rule', 'add', ...rule.split(' ')]})),
  ]
}

function isThere({key, args}: WantedRoute, name: string, routes: readonly Route[], known: readonly string[]): boolean {
  if (key === undefined) return known.includes(args.join(' '))
  return routes.some(
    ({to, via, link, metric, table}) =>
      link === name &&
      metric === key.metric &&
      table === key.table &&
      isSameAddress(to, key.to) &&
      (via === undefined ? key.via === undefined : key.via !== undefined && isSameAddress(via, key.via)),
  )
}
