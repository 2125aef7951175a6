import type {Identity, NodeConfig} from '#dsl'
import type {Service} from './service.ts'

export interface KubernetesServiceOptions {
  readonly identity: Identity
  readonly version: string
  /** How the node was booted: `live`, `disk`, `local`; empty when nobody said. */
  readonly mode: string
}

/**
 * The k3s or rke2 process that a config asks for.
 *
 * The arguments as given (`server` when there are none, `agent` when a server is named), then labels in byte order,
 * then taints in the order given. The secrets are in the environment, where a process list does not show them.
 */
export function kubernetesService(config: NodeConfig, {identity, version, mode}: KubernetesServiceOptions): Service {
  const {
    k3s_args: args = [],
    labels = {},
    taints = [],
    server_url: url = '',
    token = '',
    environment = {},
  } = config.node
  const {kubernetes: name, modeLabel, versionLabel} = identity
  const allLabels = {...labels, ...(mode !== '' && {[modeLabel]: mode}), [versionLabel]: version}
  const prefix = name.toUpperCase()
  return {
    name,
    argv: [
      name,
      ...(args.length > 0 ? args : [url === '' ? 'server' : 'agent']),
      ...Object.entries(allLabels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .flatMap((label) => ['--node-label', label]),
      ...usable(taints).flatMap((taint) => ['--node-taint', taint]),
    ],
    env: {
      ...environment,
      ...(url !== '' && {[`${prefix}_URL`]: url}),
      ...(token !== '' && {[`${prefix}_TOKEN`]: token}),
    },
  }
}

/** An empty taint alone means none; among others it makes the kubelet refuse them all. */
const usable = (taints: readonly string[]): readonly string[] =>
  taints.length > 1 ? taints.filter((taint) => taint !== '') : taints
