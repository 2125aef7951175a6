import {type Identity, isLabel, isTaint, type NodeConfig, versionTag} from '#dsl'
import {completeArguments, withoutSecrets} from './kubernetes-arguments.ts'
import type {Service} from './service.ts'

export interface KubernetesServiceOptions {
  readonly identity: Identity
  readonly version: string
  /** How the node was booted: `live`, `disk`, `local`; empty if unknown. */
  readonly mode: string
}

/**
 * The k3s or rke2 process that a config asks for.
 *
 * The arguments as given, after `server` or `agent` if they name neither, then labels in byte order, then taints in the
 * order given, without those that the kubelet would refuse. Secrets are in the environment, which a process list does
 * not show; one in the arguments wins over `token`, as a flag does in the program.
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
  const allLabels = {...labels, ...(mode !== '' && {[modeLabel]: mode}), [versionLabel]: versionTag(version)}
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

/**
 * The kubelet does not start with a taint that it refuses; the config reader has already reported those. A single empty
 * taint means none.
 */
function usable(taints: readonly string[]): readonly string[] {
  const known = taints.filter(isTaint)
  return known.length > 1 ? known.filter((taint) => taint !== '') : known
}
