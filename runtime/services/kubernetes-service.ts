import {type Identity, isLabel, isTaint, type NodeConfig} from '#dsl'
import {completeArguments, withoutSecrets} from './kubernetes-arguments.ts'
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
 * The arguments as given, with `server` or `agent` where they name neither, then labels in byte order, then taints in the
 * order given, without what the kubelet would refuse. The secrets are in the environment, where a process list does not
 * show them; one among the arguments wins over `token`, as a flag does in the program.
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
  const input = withoutSecrets(completeArguments(args, {joins: url !== ''}), prefix)
  return {
    name,
    argv: [
      name,
      ...input.args,
      ...Object.entries(allLabels)
        .filter(([key, value]) => isLabel(key, value))
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .flatMap((label) => ['--node-label', label]),
      ...usable(taints).flatMap((taint) => ['--node-taint', taint]),
    ],
    env: {
      ...environment,
      ...(url !== '' && {[`${prefix}_URL`]: url}),
      ...(token !== '' && {[`${prefix}_TOKEN`]: token}),
      ...input.env,
    },
  }
}

/** With one that it refuses the kubelet does not start: the reader has reported it. An empty taint alone means none. */
function usable(taints: readonly string[]): readonly string[] {
  const known = taints.filter(isTaint)
  return known.length > 1 ? known.filter((taint) => taint !== '') : known
}
