import {HaosError} from '#dsl'
import type {LockedPackage} from '../source.ts'
import type {ToolContext, ToolSource} from '../tool-source.ts'
import {downgradeError, findDowngrades, renderDowngrade} from './downgrades.ts'
import type {Lockfile} from './lockfile.ts'

export interface LockToolsOptions extends ToolContext {
  /** Choose pinned tools again. */
  readonly update: boolean
  /** Accept versions earlier than the pinned ones, with an alarm event for each. */
  readonly allowDowngrade: boolean
}

/** Pins the tools, unless the lock file does. Returns the new lock file. Fails with PACKAGE_DOWNGRADED. */
export async function lockTools(
  lockfile: Lockfile,
  tools: ToolSource,
  {update, allowDowngrade, ...context}: LockToolsOptions,
): Promise<Lockfile> {
  const name = tools.setName()
  const set = lockfile.sets[name]
  if (!update && set?.request === tools.request) return lockfile
  context.emit({type: 'note', message: `resolving ${name}`})
  const packages = [...(await tools.lock(context))]
  const lower = findDowngrades(set?.packages ?? [], packages, tools.compareVersions)
  if (lower.length > 0 && !allowDowngrade) throw downgradeError(new Map([[name, lower]]))
  for (const change of lower) context.emit({type: 'alarm', message: `${name}: ${renderDowngrade(change)}`})
  return {...lockfile, sets: {...lockfile.sets, [name]: {request: tools.request, packages}}}
}

/** The tools that lock files pin, which must be the same. Fails with LOCK_MISSING, LOCK_STALE or USAGE_INVALID. */
export function lockedTools(
  lockfiles: readonly Lockfile[],
  tools: ToolSource,
  lockCommand: string,
): readonly LockedPackage[] {
  const name = tools.setName()
  const details = {hint: `Run \`${lockCommand} --tools lock\`, and commit haos.lock.json.`, at: name}
  const sets = lockfiles.map(({sets: {[name]: set}}) => {
    if (set === undefined) throw new HaosError('LOCK_MISSING', 'the lock file pins no tools', details)
    if (set.request !== tools.request) throw new HaosError('LOCK_STALE', 'the lock file pins other tools', details)
    return set.packages
  })
  const [first = [], ...others] = sets
  if (others.every((other) => JSON.stringify(other) === JSON.stringify(first))) return first
  throw new HaosError('USAGE_INVALID', 'the recipes pin different tools', {
    at: name,
    hint: 'Build them separately, or run `haos-build lock --update --tools lock` for all of them.',
  })
}
