import {isRefusedLabel} from '#dsl'

/** The arguments of a process, and those that moved to its environment. */
export interface ProcessInput {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * The subcommand and flags that the configured arguments stand for.
 *
 * As in the install script of k3s: the first item may contain several words, and if it is a flag, the subcommand is
 * `agent` on a node with a `server_url`, otherwise `server`. Labels with which the kubelet would not start are dropped;
 * the config reader has already reported them.
 */
export function completeArguments(configured: readonly string[], {joins}: {readonly joins: boolean}): string[] {
  const [first = '', ...rest] = configured
  const words = [...splitWords(first), ...rest]
  const role = words[0] === undefined || words[0].startsWith('-') ? [joins ? 'agent' : 'server'] : []
  return [...role, ...withoutRefusedLabels(words)]
}

/** Words as a shell splits them, without expanding anything. */
const splitWords = (text: string): string[] =>
  (text.match(/(?:'[^']*'|"[^"]*"|[^\s'"]|['"])+/g) ?? []).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))

function withoutRefusedLabels(args: readonly string[]): string[] {
  return args.filter((arg, index) => {
    const isFlagOfRefused = /^--?node-label$/.test(arg) && isRefusedLabel(args, index + 1)
    return !isFlagOfRefused && !isRefusedLabel(args, index)
  })
}

/**
 * Moves secrets from arguments, which every user of the node can read in the list of processes, to the environment.
 *
 * The variables are those that k3s and rke2 read for these flags (`k3s server --help`); `PREFIX` is `K3S` or `RKE2`.
 * The last of repeated flags counts, as in the program.
 */
export function withoutSecrets(args: readonly string[], prefix: string): ProcessInput {
  const kept: string[] = []
  const env: Record<string, string> = {}
  let waiting: string | undefined
  for (const arg of args) {
    if (waiting !== undefined) {
      env[waiting] = arg
      waiting = undefined
      continue
    }
    const [, flag = '', , value] = /^--?([a-z0-9-]+)(=(.*))?$/s.exec(arg) ?? []
    const variable = secretFlags.get(flag)?.replace('PREFIX', prefix)
    if (variable === undefined) kept.push(arg)
    else if (value === undefined) waiting = variable
    else env[variable] = value
  }
  return {args: kept, env}
}

const secretFlags: ReadonlyMap<string, string> = new Map([
  ['token', 'PREFIX_TOKEN'],
  ['t', 'PREFIX_TOKEN'],
  ['agent-token', 'PREFIX_AGENT_TOKEN'],
  ['cluster-secret', 'PREFIX_CLUSTER_SECRET'],
  ['datastore-endpoint', 'PREFIX_DATASTORE_ENDPOINT'],
  ['vpn-auth', 'PREFIX_VPN_AUTH'],
  ['etcd-s3-access-key', 'AWS_ACCESS_KEY_ID'],
  ['etcd-s3-secret-key', 'AWS_SECRET_ACCESS_KEY'],
  ['etcd-s3-session-token', 'AWS_SESSION_TOKEN'],
])
