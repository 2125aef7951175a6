import * as z from 'zod/mini'
import {filledIn, textThat} from './text.ts'

const isLabelKey = (key: string): boolean =>
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(key)

const isLabelValue = (value: string): boolean => /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value)

/** Whether the kubelet takes a label; with one that it refuses, it does not start. */
export const isLabel = (key: string, value: string): boolean => isLabelKey(key) && isLabelValue(value)

/** Labels as Kubernetes takes them (Kubernetes, "Labels and Selectors": syntax and character set). */
export const labels = (description: string) =>
  z.optional(
    z
      .record(
        textThat([
          isLabelKey,
          'must be the key of a label, such as example.com/zone',
          'Use at most 63 letters, digits, "-", "_" and ".", after an optional domain and "/".',
        ]),
        textThat(filledIn, [
          isLabelValue,
          'must be the value of a label',
          'Use at most 63 letters, digits, "-", "_" and ".", first and last a letter or digit.',
        ]),
      )
      .check(z.meta({description})),
  )

/** Whether the kubelet takes a taint, as `key=value:effect` (Kubernetes, "Taints and Tolerations"); an empty one means none. */
export const isTaint = (taint: string): boolean =>
  /^(?:[^=:\s]+(?:=[^=:\s]*)?:(?:NoSchedule|PreferNoSchedule|NoExecute))?$/.test(taint)
