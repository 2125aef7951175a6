import type {Identity, NodeConfig} from '#dsl'
import {phases} from '../apply/phases.ts'

/** Keys that the phase runtime applies; those of the product's section begin with a dot. */
const runtimeKeys: ReadonlySet<string> = new Set(phases.runtime.flatMap(({keys}) => keys))

/** They are read when they are needed. */
const readLater: ReadonlySet<string> = new Set(['.upgrade', '.install'])

/** What they once brought about lasts until the node boots. */
const lasting: ReadonlySet<string> = new Set([
  ...['write_files', 'run_cmd', 'boot_manifests', 'timezone', '.registries'],
  ...['.modules', '.sysctls', '.environment', '.dns_nameservers', '.ntp_servers', '.wifi'],
])

/**
 * The keys, as written in the file, whose change takes effect only when the node boots: because no running node applies them, or because
 * something was removed that is still there.
 */
export function keysNeedingReboot(before: NodeConfig, after: NodeConfig, {section}: Identity): string[] {
  const [old, now] = [valuesOf(before), valuesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => {
      const [was, is] = [old.get(key), now.get(key)]
      if (readLater.has(key) || JSON.stringify(was) === JSON.stringify(is)) return false
      return (
        !runtimeKeys.has(key) ||
        (lasting.has(key) && ((typeof was === 'string' && is === undefined) || hasLost(was, is)))
      )
    })
    .map((key) => (key.startsWith('.') ? `${section}${key}` : key))
}

function valuesOf({node, ...rest}: NodeConfig): ReadonlyMap<string, unknown> {
  const ofSection = Object.entries(node).map(([key, value]): [string, unknown] => [`.${key}`, value])
  return new Map([...Object.entries(rest), ...ofSection].filter(([, value]) => value !== undefined))
}

/** Whether a list or a map lacks an item that it had. */
function hasLost(was: unknown, is: unknown): boolean {
  const kept = new Set(namesIn(is))
  return namesIn(was).some((name) => !kept.has(name))
}

/** What identifies the items: their paths, their keys, or themselves. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value))
    return value.map((item: unknown) =>
      typeof item === 'object' && item !== null && 'path' in item ? String(item.path) : JSON.stringify(item),
    )
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
