import type {NodeConfig} from '#dsl'

/** All servers of the config, for connman, which does not tell a server from a pool. */
export const timeServersOf = ({ntp: wanted, node}: NodeConfig): readonly string[] => [
  ...(wanted?.servers ?? []),
  ...(wanted?.pools ?? []),
  ...(node.ntp_servers ?? []),
]
