/** Servers for which a channel can be written. */
export const channelServers = ['nginx', 'caddy', 's3'] as const
export type ChannelServer = (typeof channelServers)[number]

export interface ChannelOptions {
  /** The channel's URL, as it is in the Plans. */
  readonly channel: string
  /** The version that it names, as a tag of the image. */
  readonly version: string
}

/**
 * The redirect that makes a URL a channel, as settings of a web server. Pure.
 *
 * The controller takes the version from the last element of the Location of a 302 only. After any other success it takes the last element
 * of the channel's own URL for the version (rancher/system-upgrade-controller, pkg/upgrade/plan/plan.go, `ResolveChannel`): a file, or a 301,
 * would upgrade nodes to a version called "stable".
 */
export function renderChannel(server: ChannelServer, {channel, version}: ChannelOptions): string {
  const {pathname, host} = new URL(channel)
  const location = `${pathname.replace(/\/[^/]*$/, '')}/versions/${version}`
  if (server === 'nginx') return `location = ${pathname} {\n    return 302 ${location};\n}\n`
  if (server === 'caddy') return `redir ${pathname} ${location} 302\n`
  const rule = {
    Condition: {KeyPrefixEquals: pathname.slice(1)},
    Redirect: {
      HostName: host,
      HttpRedirectCode: '302',
      Protocol: new URL(channel).protocol.slice(0, -1),
      ReplaceKeyWith: location.slice(1),
    },
  }
  return `${JSON.stringify([rule], undefined, 2)}\n`
}
