import type {Identity} from '#dsl'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {type KnownState, writeState} from './known-state.ts'
import {ownPrefix} from './part-scope.ts'
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
  {files, keys}: Selection,
  {identity, state, digests}: ApplyPartsOptions,
): KnownState {
  const directory = `${identity.localDir}/config.d`
  const read = () => readConfig(configFilesOf(node), {identity}).config
  const before = read()
  mkdirAll(node, directory)
  for (const [name, content] of files)
    writeIfChanged(node, `${directory}/${name}`, content, {mode: 0o600, owner: {uid: 0, gid: 0}})
  for (const name of ownFiles(node, identity)) if (!files.has(name)) node.remove(`${directory}/${name}`)
  const boot = bootOf(node)
  const waiting = state.boot === boot ? state.rebootKeys : []
  const rebootKeys = [...new Set([...waiting, ...keysNeedingReboot(before, read(), identity)])].sort()
  // Before the phase: afterwards, nobody can tell any more what was changed.
  writeState(node, identity, {...state, rebootKeys, boot})
  const {status} = node.run([`/usr/bin/${identity.name}`, 'config'], {output: 'inherit'})
  if (status > 1)
    throw new Error(`the configuration could not be applied: ${identity.name} config ${renderStatus(status)}`)
  const applied: KnownState = {
    ...state,
    selection: digests.selection,
    applied: digests.config,
    appliedAt: new Date().toISOString(),
    keys: [...keys],
    rebootKeys,
    boot,
  }
  writeState(node, identity, applied)
  return applied
}

/** Whether the files of the cluster are those of the parts. */
export const isInPlace = (node: Host, {files}: Selection, {localDir, ...identity}: Identity): boolean =>
  ownFiles(node, {localDir, ...identity}).join('\n') === [...files.keys()].join('\n') &&
  [...files].every(([name, content]) => {
    const found = node.readBytes(`${localDir}/config.d/${name}`)
    return found?.length === content.length && found.every((byte, index) => byte === content[index])
  })

const ownFiles = (node: Host, {localDir}: Identity): string[] =>
  (node.list(`${localDir}/config.d`) ?? []).filter((name) => name.startsWith(ownPrefix))

/** What differs from boot to boot (random(4)). */
export const bootOf = (node: Host): string => (node.read('/proc/sys/kernel/random/boot_id') ?? '').trim()
