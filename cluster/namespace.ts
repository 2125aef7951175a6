import type {INamespace} from 'kubernetes-models/v1'
import type {KubernetesObject} from './kubernetes-object.ts'
import type {ClusterNames} from './names.ts'

/** The namespace of all objects. Its pods see the root of their node, which the stricter levels forbid. */
export function namespaceObject({namespace}: ClusterNames): KubernetesObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {name: namespace, labels: {'pod-security.kubernetes.io/enforce': 'privileged'}},
  } satisfies INamespace
  return object
}
