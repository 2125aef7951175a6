import type {IClusterRole, IClusterRoleBinding} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import type {IServiceAccount} from 'kubernetes-models/v1'
import type {Cluster} from '#dsl'
import type {KubernetesObject} from '../kubernetes-object.ts'
import type {ClusterNames} from '../names.ts'

/** The account of the jobs that upgrade nodes, and what it may do: find the servers, and drain a node. */
export function upgradeAccess({namespace, upgrade}: ClusterNames, {drain}: Cluster): KubernetesObject[] {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {name: upgrade, namespace},
  } satisfies IServiceAccount
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {name: upgrade},
    rules: [
      // `await-nodes` lists servers; `kubectl drain` and `kubectl cordon` mark the node.
      {apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch']},
      ...(drain === false
        ? []
        : [
            // It waits for the end of pods, and leaves those of DaemonSets alone.
            {
              apiGroups: [''],
              resources: ['pods'],
              verbs: ['get', 'list', ...(drain.disableEviction ? ['delete'] : [])],
            },
            ...(drain.disableEviction ? [] : [{apiGroups: [''], resources: ['pods/eviction'], verbs: ['create']}]),
            {apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get']},
          ]),
    ],
  } satisfies IClusterRole
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: {name: upgrade},
    roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: upgrade},
    subjects: [{kind: 'ServiceAccount', name: upgrade, namespace}],
  } satisfies IClusterRoleBinding
  return [account, role, binding]
}
