import type {IDaemonSet} from 'kubernetes-models/apps/v1'
import type {IServiceAccount} from 'kubernetes-models/v1'
import type {Identity} from '#dsl'
import type {KubernetesObject} from './kubernetes-object.ts'
import type {ClusterNames} from './names.ts'

/** Where the pod sees the node, the ConfigMap and the Secret. */
const mounts = {host: '/host', config: '/cluster/config', secret: '/cluster/secret'}

/**
 * The pods that give nodes their configuration: the kubelet mounts a ConfigMap and a Secret, the program writes their parts to the
 * node.
 *
 * Its account may do nothing: what it reports, it reports with the credentials of the node's own kubelet.
 */
export function configDaemon(
  {name: product, modeLabel}: Identity,
  {namespace, config: name}: ClusterNames,
  image: string,
): KubernetesObject[] {
  const labels = {'app.kubernetes.io/name': name}
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {name, namespace},
    automountServiceAccountToken: false,
  } satisfies IServiceAccount
  const daemon = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {name, namespace},
    spec: {
      selector: {matchLabels: labels},
      updateStrategy: {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: '10%'}},
      template: {
        metadata: {labels},
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          priorityClassName: 'system-node-critical',
          // Programs of the node are run in the namespaces of its first process.
          hostPID: true,
          terminationGracePeriodSeconds: 5,
          tolerations: [{operator: 'Exists'}],
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{matchExpressions: [{key: modeLabel, operator: 'Exists'}]}],
              },
            },
          },
          containers: [
            {
              name: 'config',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: [product],
              args: ['watch-config', `--config=${mounts.config}`, `--secret=${mounts.secret}`, `--host=${mounts.host}`],
              env: [{name: 'NODE_NAME', valueFrom: {fieldRef: {fieldPath: 'spec.nodeName'}}}],
              resources: {requests: {cpu: '5m', memory: '16Mi'}, limits: {memory: '256Mi'}},
              securityContext: {privileged: true, readOnlyRootFilesystem: true},
              volumeMounts: [
                // What the node unmounts is unmounted here, too, and never kept busy.
                {name: 'host', mountPath: mounts.host, mountPropagation: 'HostToContainer'},
                {name: 'config', mountPath: mounts.config, readOnly: true},
                {name: 'secret', mountPath: mounts.secret, readOnly: true},
                {name: 'run', mountPath: '/run'},
              ],
            },
          ],
          volumes: [
            {name: 'host', hostPath: {path: '/', type: 'Directory'}},
            // Neither has to exist: without them, nodes have no parts of the cluster.
            {name: 'config', configMap: {name, optional: true, defaultMode: 0o400}},
            {name: 'secret', secret: {secretName: name, optional: true, defaultMode: 0o400}},
            {name: 'run', emptyDir: {medium: 'Memory', sizeLimit: '64Mi'}},
          ],
        },
      },
    },
  } satisfies IDaemonSet
  return [account, daemon]
}
