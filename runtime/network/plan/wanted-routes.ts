import type {LinkSettings} from './wanted.ts'

/** A route or a rule as arguments of `ip`, without the verb. */
export interface WantedRoute {
  readonly path: string
  readonly args: readonly string[]
  /** What identifies it among the routes of the kernel; undefined if that does not show all of it. */
  readonly key:
    | {
        readonly to: string
        readonly via: string | undefined
        readonly metric: number | undefined
        readonly table: string
      }
    | undefined
}

const defaults = {4: '0.0.0.0/0', 6: '::/0'}

/** The routes of a link, those of the deprecated `gateway4` and `gateway6` first. */
export function wantedRoutes(name: string, path: string, settings: LinkSettings): readonly WantedRoute[] {
  const {gateway4, gateway6, routes = []} = settings
  const all = [
    ...(gateway4 ? [{route: {via: gateway4}, path: `${path}.gateway4`}] : []),
    ...(gateway6 ? [{route: {via: gateway6}, path: `${path}.gateway6`}] : []),
    ...routes.map((route, index) => ({route, path: `${path}.routes[${index}]`})),
  ]
  return all.map(({route, path: place}) => asWanted(route, place, name))
}

type Route = NonNullable<LinkSettings['routes']>[number]

function asWanted(route: Route, path: string, name: string): WantedRoute {
  const {to = 'default', via, from, metric, table, mtu, scope, type = 'unicast'} = route
  const family = [via, from, to].some((text) => text?.includes(':')) ? 6 : 4
  const target = to === 'default' ? defaults[family] : to.includes('/') ? to : `${to}/${family === 6 ? 128 : 32}`
  const option = (word: string, value: string | undefined) => (value === undefined ? [] : [word, value])
  const args = [
    ...(type === 'unicast' ? [] : [type]),
    target,
    ...(type === 'unicast' ? [...option('via', via), 'dev', name] : []),
    ...option('src', from),
    ...option('metric', metric),
    ...option('table', table),
    ...option('mtu', mtu),
    ...option('scope', scope),
    'proto',
    'static',
    ...(route['on-link'] && type === 'unicast' ? ['onlink'] : []),
  ]
  const isPlain = from === undefined && mtu === undefined && scope === undefined && type === 'unicast'
  const shownMetric = metric === undefined ? (family === 6 ? 1024 : undefined) : Number(metric) || undefined
  const shownTable = table === undefined || table === '254' ? 'main' : table
  return {path, args, key: isPlain ? {to: target, via, metric: shownMetric, table: shownTable} : undefined}
}

/** The rules of a link that choose routing tables, as arguments of `ip rule add`. */
export function wantedRules(path: string, settings: LinkSettings): readonly {path: string; args: readonly string[]}[] {
  return (settings['routing-policy'] ?? []).map(({from, to, table, priority, mark}, index) => ({
    path: `${path}.routing-policy[${index}]`,
    args: [
      ...(from === undefined && to === undefined ? ['from', 'all'] : []),
      ...(from === undefined ? [] : ['from', from]),
      ...(to === undefined ? [] : ['to', to]),
      ...(mark === undefined ? [] : ['fwmark', mark]),
      ...(priority === undefined ? [] : ['priority', priority]),
      ...(table === undefined ? [] : ['table', table]),
    ],
  }))
}
