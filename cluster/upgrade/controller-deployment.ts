import type {IDeployment} from 'kubernetes-models/apps/v1'
import type {Controller} from '#dsl'
import type {KubernetesObject} from '../kubernetes-object.ts'
import type {ClusterNames} from '../names.ts'

/** Label of the controller's pods, which `kubectl drain` of its jobs leaves alone. */
const controllerLabel = 'upgrade.cattle.io/controller'

/**
 * The system-upgrade-controller on one server. It runs without privileges; only the jobs that it creates are privileged.
 *
 * Its settings are environment variables (docs of rancher/system-upgrade-controller, "Environment").
 */
export function controllerDeployment(
  {namespace, controller: name}: ClusterNames,
  controller: Controller,
): KubernetesObject {
  const labels = {[controllerLabel]: name}
  const settings = {
    SYSTEM_UPGRADE_CONTROLLER_NAME: name,
    SYSTEM_UPGRADE_CONTROLLER_LEADER_ELECT: 'true',
    SYSTEM_UPGRADE_JOB_KUBECTL_IMAGE: controller.kubectl,
    SYSTEM_UPGRADE_JOB_IMAGE_PULL_POLICY: 'IfNotPresent',
    // A job whose node reboots loses its pod, which counts as a failure; the deadline of the Plan ends it.
    SYSTEM_UPGRADE_JOB_BACKOFF_LIMIT: '99',
    SYSTEM_UPGRADE_JOB_PRIVILEGED: 'true',
  }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, namespace},
    spec: {
      replicas: 1,
      strategy: {type: 'Recreate'},
      selector: {matchLabels: labels},
      template: {
        metadata: {labels},
        spec: {
          serviceAccountName: name,
          priorityClassName: 'system-cluster-critical',
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {matchExpressions: [{key: 'node-role.kubernetes.io/control-plane', operator: 'Exists'}]},
                  {matchExpressions: [{key: 'node-role.kubernetes.io/master', operator: 'Exists'}]},
                ],
              },
            },
          },
          tolerations: [
            {key: 'CriticalAddonsOnly', operator: 'Exists'},
            {key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule'},
            {key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule'},
            {key: 'node-role.kubernetes.io/etcd', operator: 'Exists', effect: 'NoExecute'},
          ],
          containers: [
            {
              name: 'controller',
              image: controller.image,
              imagePullPolicy: 'IfNotPresent',
              env: [
                ...Object.entries(settings).map(([key, value]) => ({name: key, value})),
                fieldVariable('SYSTEM_UPGRADE_CONTROLLER_NAMESPACE', 'metadata.namespace'),
                fieldVariable('SYSTEM_UPGRADE_CONTROLLER_NODE_NAME', 'spec.nodeName'),
              ],
              resources: {requests: {cpu: '10m', memory: '32Mi'}},
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 65534,
                runAsGroup: 65534,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                seccompProfile: {type: 'RuntimeDefault'},
                capabilities: {drop: ['ALL']},
              },
              volumeMounts: [
                {name: 'authorities', mountPath: '/etc/ssl', readOnly: true},
                {name: 'tmp', mountPath: '/tmp'},
              ],
            },
          ],
          volumes: [
            // A channel may have a certificate that only the node trusts.
            {name: 'authorities', hostPath: {path: '/etc/ssl', type: 'DirectoryOrCreate'}},
            {name: 'tmp', emptyDir: {}},
          ],
        },
      },
    },
  } satisfies IDeployment
  return deployment
}

/** A variable with a field of the pod (downward API). */
const fieldVariable = (name: string, fieldPath: string) => ({name, valueFrom: {fieldRef: {fieldPath}}})
