import type {Identity} from '#dsl'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {type Host, renderStatus} from '../host/host.ts'
import {type KnownState, writeState} from './known-state.ts'
import {filesWith, usePartSet, writePartSet} from './part-set.ts'
import {keysNeedingReboot} from './reboot-needed.ts'
import type {Selection} from './select-parts.ts'

export interface ApplyPartsOptions {
  readonly identity: Identity
  readonly state: KnownState
  /** Digest of the selection, and of the whole ConfigMap. */
  readonly digests: {readonly selection: string; readonly config: string}
}

/**
 * Makes the parts the only ones of the cluster in config.d, and applies the phase runtime. Returns the state afterwards, which it also keeps on
 * the node.
 *
 * Can be interrupted anywhere: the state names the selection only after the phase has ended. Throws an Error if the phase cannot be run; problems in the
 * configuration are none of its errors.
 */
export function applyParts(
  node: Host,
  selection: Selection,
  {identity, state, digests}: ApplyPartsOptions,
): KnownState {
  const set = writePartSet(node, identity, selection, digests.selection)
  const before = readConfig(configFilesOf(node), {identity}).config
  const after = readConfig(filesWith(node, identity, set), {identity}).config
  const boot = bootOf(node)
  const waiting = state.boot === boot ? state.rebootKeys : []
  const rebootKeys = [...new Set([...waiting, ...keysNeedingReboot(before, after, identity)])].sort()
  // Before the change: afterwards, nobody can tell any more what was changed.
  writeState(node, identity, {...state, rebootKeys, boot})
  usePartSet(node, identity, set)
  const {status} = node.run([`/usr/bin/${identity.name}`, 'config'], {output: 'inherit'})
  if (status > 1)
    throw new Error(`the configuration could not be applied: ${identity.name} config ${renderStatus(status)}`)
  const applied: KnownState = {
    ...state,
    selection: digests.selection,
    applied: digests.config,
    appliedAt: new Date().toISOString(),
    keys: [...selection.keys],
    rebootKeys,
    boot,
  }
  writeState(node, identity, applied)
  return applied
}

/** What differs from boot to boot (random(4)). */
export const bootOf = (node: Host): string => (node.read('/proc/sys/kernel/random/boot_id') ?? '').trim()
