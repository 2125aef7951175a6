import {HaosError} from '#dsl'
import {renderRoutingRules} from './routing-rules.ts'

/** Servers for which a channel can be written. */
export const channelServers = ['nginx', 'caddy', 's3'] as const
export type ChannelServer = (typeof channelServers)[number]

export interface ChannelOptions {
  /** The channel's URL, as it is in the Plans. */
  readonly channel: string
  /** The version that it names, as a tag of the image. */
  readonly version: string
  /** The routing rules that the bucket has, as JSON. Default: none. Only for S3. */
  readonly rules?: string | undefined
}

/**
 * The redirect that makes a URL a channel, as settings of a web server. Pure. Fails with USAGE_INVALID if the URL cannot be a channel.
 *
 * The controller takes the version from the last element of the Location of a 302 only. After any other success it takes the last element
 * of the channel's own URL for the version (rancher/system-upgrade-controller, pkg/upgrade/plan/plan.go, `ResolveChannel`): a file, or a 301,
 * would upgrade nodes to a version called "stable".
 */
export function renderChannel(server: ChannelServer, {channel, version, rules}: ChannelOptions): string {
  const path = pathOf(channel)
  const location = `${path.replace(/\/[^/]*$/, '')}/versions/${version}`
  // Both take the whole path: `stable` does not answer for `stable-2`.
  if (server === 'nginx') return `location = ${path} {\n    return 302 ${location};\n}\n`
  if (server === 'caddy') return `redir ${path} ${location} 302\n`
  const {host, protocol} = new URL(channel)
  return renderRoutingRules(rules, {
    Condition: {KeyPrefixEquals: path.slice(1)},
    Redirect: {
      HostName: host,
      HttpRedirectCode: '302',
      Protocol: protocol.slice(0, -1),
      // Not the whole key: S3 knows only prefixes, and a longer name would get this version instead of one that does not exist.
      ReplaceKeyPrefixWith: location.slice(1),
    },
  })
}

/** Path of a channel. Other characters have a meaning in the settings of a server, or are encoded in one of them only. */
function pathOf(channel: string): string {
  const path = /^https?:\/\/[^/?#\s]+((?:\/[\w.~-]+)+)$/.exec(channel)?.[1]
  if (path === undefined || new URL(channel).pathname !== path)
    throw new HaosError('USAGE_INVALID', `${channel} cannot be a channel`, {
      hint: 'Give --channel, or set `cluster.channel` in the recipe, to an http(s) URL whose path has only letters, digits, and - . _ ~, such as https://releases.example.com/stable.',
    })
  return path
}
