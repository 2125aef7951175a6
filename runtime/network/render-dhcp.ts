import type {DhcpLink, DhcpUse} from './plan/network-plan.ts'

/** Settings of dhcpcd (dhcpcd.conf(5)) for links that ask DHCP. It leaves all other links alone. */
export function renderDhcp(links: readonly DhcpLink[]): string {
  const lines = [
    `allowinterfaces ${links.map(({name}) => name).join(' ')}`,
    'duid',
    // Its addresses stay when it is restarted with other settings.
    'persistent',
    'noipv4ll',
    'option domain_name_servers, domain_name, domain_search',
    'option classless_static_routes, interface_mtu',
    'option dhcp6_name_servers, dhcp6_domain_search',
    // The script maintains resolv.conf.
    'script /usr/libexec/dhcp-event',
    ...links.flatMap(linesOf),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function linesOf({name, v4, v6}: DhcpLink): readonly string[] {
  const use = v4 ?? v6
  if (use === undefined) return []
  return [
    `interface ${name}`,
    ...(v6 === undefined ? ['ipv4only'] : v4 === undefined ? ['ipv6only'] : []),
    ...hostnameOf(use),
    ...(use.metric === undefined ? [] : [`metric ${use.metric}`]),
    ...(use.routes ? [] : ['nogateway', 'nooption classless_static_routes, static_routes, routers']),
    ...(use.mtu ? [] : ['nooption interface_mtu']),
    // Routers name servers, too, without being asked: the script leaves them out.
    ...(v4?.dns === false ? ['env ignore_dns4=yes'] : []),
    ...(v6?.dns === false ? ['env ignore_dns6=yes'] : []),
    ...(use.domains ? [] : ['env ignore_domains=yes']),
  ]
}

const hostnameOf = ({hostname}: DhcpUse): readonly string[] =>
  hostname === false ? [] : [hostname === true ? 'hostname' : `hostname ${hostname}`]
