import {CustomResourceDefinition} from 'kubernetes-models/apiextensions.k8s.io/v1'
import {DaemonSet, Deployment} from 'kubernetes-models/apps/v1'
import {ClusterRole, ClusterRoleBinding, Role, RoleBinding} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import {Namespace, ServiceAccount} from 'kubernetes-models/v1'
import type {KubernetesObject} from '#cluster'

const models = {
  ClusterRole,
  ClusterRoleBinding,
  CustomResourceDefinition,
  DaemonSet,
  Deployment,
  Namespace,
  Role,
  RoleBinding,
  ServiceAccount,
}

/** Checks an object with the OpenAPI schema of its kind. Throws if it does not match, or if the kind is not known. */
export function validateObject(object: KubernetesObject): void {
  const Model = Object.entries(models).find(([kind]) => kind === object.kind)?.[1]
  if (Model === undefined) throw new Error(`there is no schema of ${object.kind}`)
  new Model(JSON.parse(JSON.stringify(object))).validate()
}
