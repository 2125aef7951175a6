import type {Identity} from '#dsl'

/** Names of the product's objects in a cluster. */
export interface ClusterNames {
  readonly namespace: string
  /** Service account of the jobs that upgrade nodes. */
  readonly upgrade: string
  readonly controller: string
  /** ConfigMap, Secret and DaemonSet of the nodes' configuration. */
  readonly config: string
}

/** Names derived from the product's. The namespace may be that of a controller that exists already. */
export const clusterNames = ({name}: Identity, namespace = `${name}-system`): ClusterNames => ({
  namespace,
  upgrade: `${name}-upgrade`,
  controller: `${name}-upgrade-controller`,
  config: `${name}-config`,
})
