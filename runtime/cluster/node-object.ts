import * as z from 'zod/mini'
import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'
import {kubectlOf, kubeletConfig} from '../kubernetes/readiness.ts'

/** The node's object in the cluster, through the kubectl of the node and the credentials of its kubelet, which may read and annotate it. */
export interface NodeObject {
  /** Its labels; undefined if the API does not answer. */
  labels(): Readonly<Record<string, string>> | undefined
  /** Sets annotations, and removes those without a value. Returns whether that was possible. */
  annotate(annotations: Readonly<Record<string, string | undefined>>): boolean
}

export function nodeObject(node: Host, {kubernetes}: Identity, name: string): NodeObject {
  const kubectl = [...kubectlOf(node, kubernetes), '--kubeconfig', kubeletConfig(kubernetes), '--request-timeout=10s']
  return {
    labels() {
      const {status, stdout} = node.run([...kubectl, 'get', 'node', name, '-o', 'jsonpath={.metadata.labels}'])
      if (status !== 0) return undefined
      try {
        return z.record(z.string(), z.string()).parse(JSON.parse(stdout))
      } catch {
        return undefined
      }
    },
    annotate(annotations) {
      const words = Object.entries(annotations).map(([key, value]) =>
        value === undefined ? `${key}-` : `${key}=${value}`,
      )
      return node.run([...kubectl, 'annotate', '--overwrite', 'node', name, ...words]).status === 0
    },
  }
}
