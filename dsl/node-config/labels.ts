import * as z from 'zod/mini'
import {filledIn, textThat} from './text.ts'

const isLabelKey = (key: string): boolean =>
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(key)

const isLabelValue = (value: string): boolean => /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value)

/**
 * Keys in Kubernetes' own domains that a kubelet may set on its node (kubelet(1) `--node-labels`,
 * k8s.io/kubelet/pkg/apis/well_known_labels.go).
 */
const keysOfKubelet: ReadonlySet<string> = new Set([
  ...['kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch'],
  ...['beta.kubernetes.io/os', 'beta.kubernetes.io/arch', 'beta.kubernetes.io/instance-type'],
  ...['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'],
  ...['failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region'],
])

/** Whether a label belongs to Kubernetes and may be set by its administrators only, such as `node-role.kubernetes.io/worker`. */
const isReservedKey = (key: string): boolean =>
  /^(?:.*\.)?(?:kubernetes|k8s)\.io\//.test(key) &&
  !/^(?:.*\.)?(?:kubelet|node)\.kubernetes\.io\//.test(key) &&
  !keysOfKubelet.has(key)

/** Whether the kubelet accepts a label; one that it refuses prevents it from starting. */
export const isLabel = (key: string, value: string): boolean =>
  isLabelKey(key) && isLabelValue(value) && !isReservedKey(key)

/** The same for labels in an argument: `key=value`, several joined by commas. */
export const areLabels = (argument: string): boolean =>
  argument.split(',').every((label) => {
    const [key = '', ...value] = label.split('=')
    return isLabel(key, value.join('='))
  })

/** What to do about a label that only an administrator of the cluster may set. */
export const reservedLabelHint =
  'Set it from the cluster: `kubectl label node NAME KEY=VALUE`. A node may set labels below "node.kubernetes.io/" and of other domains.'

/** Labels as Kubernetes accepts them (Kubernetes, "Labels and Selectors": syntax and character set). */
export const labels = (description: string) =>
  z.optional(
    z
      .record(
        textThat(
          [
            isLabelKey,
            'must be the key of a label, such as example.com/zone',
            'Use at most 63 letters, digits, "-", "_" and ".", after an optional domain and "/".',
          ],
          [
            (key) => !isReservedKey(key),
            'belongs to Kubernetes and would prevent the kubelet from starting, so it is ignored',
            reservedLabelHint,
          ],
        ),
        textThat(filledIn, [
          isLabelValue,
          'must be the value of a label',
          'Use at most 63 letters, digits, "-", "_" and ".", first and last a letter or digit.',
        ]),
      )
      .check(z.meta({description})),
  )

/** Whether the kubelet accepts a taint, as `key=value:effect` (Kubernetes, "Taints and Tolerations"); an empty one means none. */
export const isTaint = (taint: string): boolean =>
  /^(?:[^=:\s]+(?:=[^=:\s]*)?:(?:NoSchedule|PreferNoSchedule|NoExecute))?$/.test(taint)
