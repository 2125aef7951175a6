import * as z from 'zod/mini'
import type {Host} from '../host/host.ts'

/** An address of a link. */
export interface LinkAddress {
  /** With the length of its network: 192.0.2.10/24. */
  readonly address: string
  readonly scope: string
  /** It has a lifetime: DHCP or a router has given it. */
  readonly isDynamic: boolean
  /** The kernel made it from an advertisement of a router. */
  readonly isFromRouter: boolean
}

/** A network interface as the kernel reports it. */
export interface Link {
  readonly name: string
  readonly mac: string | undefined
  /** The address that the card had before a bond or a configuration changed it. */
  readonly permanentMac: string | undefined
  /** Of a card. */
  readonly driver: string | undefined
  /** `bond`, `bridge`, `vlan`, `veth` …; undefined for a card. */
  readonly kind: string | undefined
  /** Set to up by an administrator, whether or not a cable is plugged in. */
  readonly isUp: boolean
  readonly hasCarrier: boolean
  readonly mtu: number
  /** The bond or bridge that it is a member of. */
  readonly master: string | undefined
  /** The link below a VLAN. */
  readonly parent: string | undefined
  readonly addresses: readonly LinkAddress[]
}

/** A route of the kernel. */
export interface Route {
  /** `0.0.0.0/0` and `::/0` for default routes; with the length of the network. */
  readonly to: string
  readonly via: string | undefined
  readonly link: string | undefined
  readonly metric: number | undefined
  readonly table: string
  /** `static`, `dhcp`, `ra`, `kernel`, `boot` … (rt_protos). */
  readonly protocol: string | undefined
}

/** The links and routes at one moment. */
export interface Network {
  readonly links: readonly Link[]
  readonly routes: readonly Route[]
}

const IpLink = z.lazy(() =>
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    mtu: z.number(),
    address: z.optional(z.string()),
    permaddr: z.optional(z.string()),
    master: z.optional(z.string()),
    link: z.optional(z.nullable(z.string())),
    linkinfo: z.optional(
      z.object({
        info_kind: z.optional(z.string()),
        info_slave_data: z.optional(z.object({perm_hwaddr: z.optional(z.string())})),
      }),
    ),
    addr_info: z.optional(
      z.array(
        z.object({
          local: z.optional(z.string()),
          prefixlen: z.optional(z.number()),
          scope: z.optional(z.string()),
          dynamic: z.optional(z.boolean()),
          mngtmpaddr: z.optional(z.boolean()),
          protocol: z.optional(z.string()),
        }),
      ),
    ),
  }),
)

const IpRoute = z.lazy(() =>
  z.object({
    dst: z.optional(z.string()),
    gateway: z.optional(z.string()),
    dev: z.optional(z.string()),
    metric: z.optional(z.number()),
    table: z.optional(z.string()),
    protocol: z.optional(z.string()),
  }),
)

/** Reads the links and routes of the node. Throws an Error if `ip` of iproute2 is missing. */
export function readNetwork(host: Host): Network {
  const links = ask(host, ['address', 'show'], z.array(IpLink))
  const routes = [false, true].flatMap((isV6) =>
    ask(host, [isV6 ? '-6' : '-4', 'route', 'show', 'table', 'all'], z.array(IpRoute)).map((route) =>
      asRoute(route, isV6),
    ),
  )
  return {links: links.map((link) => asLink(link, host)), routes}
}

function ask<Answer>(host: Host, args: readonly string[], schema: z.ZodMiniType<Answer>): Answer {
  const {status, stdout} = host.run(['ip', '-json', '-details', ...args])
  if (status !== 0) throw new Error('needs the program `ip` of iproute2')
  // An empty table is printed as nothing, or as an empty object in a list.
  return schema.parse(stdout.trim() === '' ? [] : JSON.parse(stdout))
}

function asLink(found: z.output<typeof IpLink>, host: Host): Link {
  const {ifname, flags, linkinfo, addr_info = []} = found
  return {
    name: ifname,
    mac: found.address,
    permanentMac: found.permaddr ?? linkinfo?.info_slave_data?.perm_hwaddr ?? found.address,
    driver: /^DRIVER=(.+)$/m.exec(host.read(`/sys/class/net/${ifname}/device/uevent`) ?? '')?.[1],
    kind: linkinfo?.info_kind ?? (flags.includes('LOOPBACK') ? 'loopback' : undefined),
    isUp: flags.includes('UP'),
    hasCarrier: flags.includes('LOWER_UP'),
    mtu: found.mtu,
    master: found.master,
    parent: found.link ?? undefined,
    addresses: addr_info.flatMap(({local, prefixlen, scope = 'global', dynamic, mngtmpaddr, protocol}) =>
      local === undefined || prefixlen === undefined
        ? []
        : [
            {
              address: `${local}/${prefixlen}`,
              scope,
              isDynamic: dynamic ?? false,
              isFromRouter: protocol === 'kernel_ra' || (mngtmpaddr ?? false),
            },
          ],
    ),
  }
}

function asRoute(
  {dst = 'default', gateway, dev, metric, table = 'main', protocol}: z.output<typeof IpRoute>,
  isV6: boolean,
): Route {
  const to = dst === 'default' ? (isV6 ? '::/0' : '0.0.0.0/0') : dst.includes('/') ? dst : `${dst}/${isV6 ? 128 : 32}`
  return {to, via: gateway, link: dev, metric, table: table === '254' ? 'main' : table, protocol}
}
