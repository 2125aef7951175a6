import {type Cluster, type Identity, versionTag} from '#dsl'
import {configDaemon} from './config-daemon.ts'
import type {KubernetesObject} from './kubernetes-object.ts'
import {clusterNames} from './names.ts'
import {namespaceObject} from './namespace.ts'
import {controllerAccess} from './upgrade/controller-access.ts'
import {controllerDeployment} from './upgrade/controller-deployment.ts'
import {planDefinition} from './upgrade/plan-definition.ts'
import {upgradeAccess} from './upgrade/upgrade-access.ts'
import {type UpgradePlansOptions, upgradePlans} from './upgrade/upgrade-plans.ts'

/** Groups of objects, each a file. */
export const manifestGroups = ['controller', 'plans', 'config'] as const
export type ManifestGroup = (typeof manifestGroups)[number]

export interface ClusterManifestsOptions {
  readonly identity: Identity
  readonly cluster: Cluster
  /** Version of the image, of which the pods for configuration are made. */
  readonly version: string
  /** Name of the image in the Plans, perhaps with a digest. Default: that of the recipe. */
  readonly image?: string | undefined
  /** What decides about the version of the nodes; without it, there are no Plans. */
  readonly from: UpgradePlansOptions['from'] | undefined
  /** Plans for the labels of old versions, too. Default: false. */
  readonly legacy?: boolean
  /** Default: the product's own. */
  readonly namespace?: string | undefined
}

/** What a cluster needs to upgrade and configure its nodes, in the order of installation. Pure. */
export function clusterManifests(options: ClusterManifestsOptions): Record<ManifestGroup, KubernetesObject[]> {
  const {identity, cluster, version, from, legacy = false} = options
  const names = clusterNames(identity, options.namespace)
  const namespace = namespaceObject(names)
  const image = options.image ?? cluster.image
  return {
    controller: cluster.controller
      ? [namespace, planDefinition, ...controllerAccess(names), controllerDeployment(names, cluster.controller)]
      : [],
    plans:
      from === undefined
        ? []
        : [
            namespace,
            ...upgradeAccess(names, cluster),
            ...upgradePlans({identity, names, cluster, from, image, legacy}),
          ],
    config: cluster.configuration
      ? [namespace, ...configDaemon(identity, names, `${cluster.image}:${versionTag(version)}`)]
      : [],
  }
}
