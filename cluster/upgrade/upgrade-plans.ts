import type {Cluster, Identity} from '#dsl'
import {renderSelector} from '../kubernetes-object.ts'
import type {ClusterNames} from '../names.ts'
import type {Plan} from './plan.ts'
import {installedNodes, legacyOptIns, type NodeGroup, nodeGroups, type OptIn, optInByLabel} from './select-nodes.ts'

export interface UpgradePlansOptions {
  readonly identity: Identity
  readonly names: ClusterNames
  readonly cluster: Cluster
  /** What decides about the version: the channel, or one version, as a tag of the image. */
  readonly from: {readonly channel: string} | {readonly version: string}
  /** Name of the image. Without tag or digest, the controller appends the version. */
  readonly image: string
  /** Plans for the labels of old versions, too. */
  readonly legacy: boolean
}

/** Plans that upgrade servers, then agents, of each way to ask for it. Pure. */
export function upgradePlans(options: UpgradePlansOptions): Plan[] {
  const {identity, legacy} = options
  const optIns = [optInByLabel(identity), ...(legacy ? legacyOptIns(identity) : [])]
  const servers = optIns.flatMap((optIn) =>
    nodeGroups.filter(({role}) => role === 'server').map((group) => ({optIn, group})),
  )
  return optIns.flatMap((optIn) =>
    nodeGroups.map((group) => {
      const before = servers.slice(0, indexOf(servers, {optIn, group}))
      const selectors = before.map((earlier) => renderSelector(requirementsOf(identity, earlier)))
      return upgradePlan(options, {optIn, group}, selectors)
    }),
  )
}

interface Selected {
  readonly optIn: OptIn
  readonly group: NodeGroup
}

/** Agents come after all servers, and servers one group after the other. */
function indexOf(servers: readonly Selected[], {optIn, group}: Selected): number {
  const index = servers.findIndex((other) => other.optIn === optIn && other.group === group)
  return index < 0 ? servers.length : index
}

const requirementsOf = (identity: Identity, {optIn, group}: Selected) => [
  ...optIn.requirements,
  ...installedNodes(identity),
  ...group.requirements,
]

/**
 * The whole containers, because a list is only represented by its first item: a changed image or argument alone would otherwise
 * upgrade no node (pkg/upgrade/plan/plan.go, `addToHashFromAnnotation`).
 */
const digestAnnotation = {'upgrade.cattle.io/digest': 'spec.upgrade,spec.prepare'}

/** Image, drain, reboot and the boots of a trial; agents also wait for the servers. */
const deadlineSeconds = {server: 2 * 3600, agent: 8 * 3600}

function upgradePlan(
  {identity, names, cluster, from, image}: UpgradePlansOptions,
  selected: Selected,
  after: readonly string[],
): Plan {
  const {optIn, group} = selected
  const {name, systemDir, runDir} = identity
  const isServer = group.role === 'server'
  const command = [name]
  return {
    apiVersion: 'upgrade.cattle.io/v1',
    kind: 'Plan',
    metadata: {
      name: `${optIn.prefix}-${group.name}`,
      namespace: names.namespace,
      annotations: digestAnnotation,
    },
    spec: {
      concurrency: isServer ? cluster.concurrency.servers : cluster.concurrency.agents,
      jobActiveDeadlineSecs: deadlineSeconds[group.role],
      ...from,
      nodeSelector: {matchExpressions: requirementsOf(identity, selected)},
      serviceAccountName: names.upgrade,
      // Whatever keeps pods away from a node does not keep it from being upgraded.
      tolerations: [{operator: 'Exists'}],
      // No other exclusive Plan works on the node at the same time.
      exclusive: true,
      // Runs before the drain: the node is still of use while the image is fetched and servers are upgraded.
      prepare: {image, command, args: after.length === 0 ? ['--version'] : ['await-nodes', ...after]},
      ...(cluster.drain === false ? {cordon: true} : {drain: cluster.drain}),
      upgrade: {
        image,
        command,
        args: [
          'upgrade',
          '--kernel',
          '--rootfs',
          '--remount',
          '--sync',
          '--reboot',
          `--lock-file=/host${runDir}/upgrade.lock`,
          `--source=${systemDir}`,
          `--destination=/host${systemDir}`,
        ],
      },
    },
  }
}
