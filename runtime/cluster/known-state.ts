import * as z from 'zod/mini'
import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'
import {mkdirAll} from '../host/host.ts'

const text = z.optional(z.string())

const KnownState = z.object({
  /** Digest of the parts of this node for which the phase runtime has ended. */
  selection: text,
  /** Digest of the whole ConfigMap at that time. */
  applied: text,
  appliedAt: text,
  keys: z._default(z.array(z.string()), []),
  /** Keys that take effect at the next boot. */
  rebootKeys: z._default(z.array(z.string()), []),
  /** The boot after which they are wanted. */
  boot: text,
  /** Labels of the node when the API last answered. */
  labels: z.optional(z.record(z.string(), z.string())),
})

/** What a node remembers of the configuration from its cluster. */
export type KnownState = z.output<typeof KnownState>

const file = ({localDir}: Identity): string => `${localDir}/cluster-config.json`

/** The state; that of a node without one if there is none or it is damaged. */
export function readState(node: Host, identity: Identity): KnownState {
  try {
    return KnownState.parse(JSON.parse(node.read(file(identity)) ?? '{}'))
  } catch {
    return KnownState.parse({})
  }
}

export function writeState(node: Host, identity: Identity, state: KnownState): void {
  mkdirAll(node, identity.localDir)
  node.write(file(identity), `${JSON.stringify(state)}\n`, {mode: 0o600, owner: {uid: 0, gid: 0}})
}
