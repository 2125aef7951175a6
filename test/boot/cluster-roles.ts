/** A role of a node in its cluster: the product's section of config.yaml, and how its Kubernetes then runs. */
export interface ClusterRole {
  readonly what: string
  readonly section: Readonly<Record<string, unknown>>
  /** Arguments before the labels of the system. */
  readonly argv: readonly string[]
  /** Arguments after them. */
  readonly after?: readonly string[]
  /** Variables of its environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Roles of a node that runs k3s or rke2, each of which differs from the one before. */
export function clusterRoles(name: 'k3s' | 'rke2'): readonly ClusterRole[] {
  const url = name === 'k3s' ? 'https://cluster.example:6443' : 'https://cluster.example:9345'
  const prefix = name.toUpperCase()
  const args = `${name}_args`
  return [
    {
      what: 'an agent that joins, with its token in its environment only',
      section: {server_url: url, token: 'K10abc::node:one'},
      argv: ['agent'],
      env: {[`${prefix}_URL`]: url, [`${prefix}_TOKEN`]: 'K10abc::node:one'},
    },
    {
      what: 'a server that joins, with the token among its arguments',
      section: {[args]: ['server', `--server=${url}`, '--token', 'two']},
      argv: ['server', `--server=${url}`],
      env: {[`${prefix}_TOKEN`]: 'two'},
    },
    {
      what: 'a server whose arguments are one text',
      section: {[args]: ['--disable rke2-ingress-nginx']},
      argv: ['server', '--disable', 'rke2-ingress-nginx'],
    },
    {
      what: 'a server with labels and taints',
      section: {labels: {tier: 'edge', zone: 'a'}, taints: ['key1=value1:NoSchedule', 'key2:NoExecute']},
      argv: ['server'],
      after: [
        ...['--node-label', 'tier=edge', '--node-label', 'zone=a'],
        ...['--node-taint', 'key1=value1:NoSchedule', '--node-taint', 'key2:NoExecute'],
      ],
    },
    {what: 'a server, if nothing is said', section: {}, argv: ['server']},
  ]
}
