import type {
  IClusterRole,
  IClusterRoleBinding,
  IRole,
  IRoleBinding,
} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import type {IServiceAccount} from 'kubernetes-models/v1'
import type {KubernetesObject} from '../kubernetes-object.ts'
import type {ClusterNames} from '../names.ts'

const rbac = 'rbac.authorization.k8s.io'

/** The controller's account, and what it may do: no more than its own manifests give it. */
export function controllerAccess({namespace, controller: name}: ClusterNames): KubernetesObject[] {
  const account = {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name, namespace}} satisfies IServiceAccount
  const subjects = [{kind: 'ServiceAccount', name, namespace}]
  const clusterRole = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: {name},
    rules: [
      // Its caches of jobs, namespaces and nodes; the cluster's id in requests to a channel is that of a namespace.
      {apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch']},
      {apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch']},
      // A node gets the label of the applied Plan, and is uncordoned.
      {apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'update']},
      {apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch', 'update']},
      // It installs the complete definition of Plans when it starts.
      {
        apiGroups: ['apiextensions.k8s.io'],
        resources: ['customresourcedefinitions'],
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'update'],
      },
      {
        apiGroups: ['upgrade.cattle.io'],
        resources: ['plans', 'plans/status'],
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
      },
    ],
  } satisfies IClusterRole
  const role = {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: {name, namespace},
    rules: [
      {
        apiGroups: ['batch'],
        resources: ['jobs'],
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete', 'deletecollection'],
      },
      // Secrets of Plans count for their hash.
      {apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch']},
      // One of several controllers works at a time. `create` cannot be limited to a name.
      {apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create']},
      {apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [name], verbs: ['get', 'update']},
    ],
  } satisfies IRole
  const clusterBinding = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: {name},
    roleRef: {apiGroup: rbac, kind: 'ClusterRole', name},
    subjects,
  } satisfies IClusterRoleBinding
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: {name, namespace},
    roleRef: {apiGroup: rbac, kind: 'Role', name},
    subjects,
  } satisfies IRoleBinding
  return [account, clusterRole, role, clusterBinding, binding]
}
