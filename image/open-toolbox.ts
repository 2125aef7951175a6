import {join} from 'node:path'
import {HaosError, kernelDistribution} from '#dsl'
import {type Store, Toolbox} from '#engine'
import {lockedTools} from './lock/lock-tools.ts'
import {loadLockfile} from './lock/lockfile.ts'
import type {Project, Workshop} from './workshop.ts'

/**
 * The tools of a build: this machine's, or those that the lock files of the projects pin.
 *
 * `lock` pins missing ones. Fails with LOCK_MISSING or LOCK_STALE without it, and with DOWNLOAD_GONE if no mirror has them any more.
 */
export async function openToolbox(
  projects: readonly Project[],
  {tools, ...workshop}: Workshop,
  {store, lock}: {readonly store: Store; readonly lock?: (options: {update: boolean}) => Promise<void>},
): Promise<Toolbox> {
  if (tools === undefined) return new Toolbox({cacheFile: join(store.directory, 'state', 'tools.json')})
  const open = async () => {
    const lockfiles = await Promise.all([...new Set(projects.map(({lockPath}) => lockPath))].map(loadLockfile))
    const packages = lockedTools(lockfiles, tools, projects[0]?.lockCommand ?? 'haos-build lock')
    return tools.open(packages, {...workshop, store, bases: basesOf(projects)})
  }
  try {
    return await open()
  } catch (error) {
    const code = error instanceof HaosError ? error.code : ''
    if (lock === undefined || !['LOCK_MISSING', 'LOCK_STALE', 'DOWNLOAD_GONE'].includes(code)) throw error
    await lock({update: code === 'DOWNLOAD_GONE'})
    return await open()
  }
}

/** The distributions of projects, the preferred one first. */
export const basesOf = (projects: readonly Project[]) =>
  projects.flatMap(({spec}) => [spec.base, kernelDistribution(spec.kernel)].filter((base) => base !== undefined))
