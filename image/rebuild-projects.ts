import {rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {HaosError} from '#dsl'
import {copyWithHoles, errnoOf, Store, temporaryDirectory} from '#engine'
import type {BuiltArtifact} from './build.ts'
import {type BuildProjectOptions, buildProjects} from './build-project.ts'
import {loadLockfile} from './lock/lockfile.ts'
import type {Project, Workshop} from './workshop.ts'

/**
 * Builds files again, from recipe and lock alone: in an empty store, below TMPDIR, which is removed afterwards. Pinned packages come from the
 * usual store where that has them, since their digests say what they are. `use` gets the files.
 *
 * Fails with LOCK_MISSING or LOCK_STALE rather than resolve anything.
 */
export async function rebuildProjects<Result>(
  projects: readonly Project[],
  workshop: Workshop,
  options: Omit<BuildProjectOptions, 'out' | 'locked'>,
  use: (built: readonly BuiltArtifact[]) => Promise<Result>,
): Promise<Result> {
  const scratch = await temporaryDirectory('haos-verify')
  try {
    const storeDirectory = join(scratch, 'store')
    await copyDownloads(projects, workshop.storeDirectory, storeDirectory)
    const isolated = {...workshop, storeDirectory}
    return await use(await buildProjects(projects, isolated, {...options, out: join(scratch, 'out'), locked: true}))
  } catch (error) {
    throw diskFullBelow(scratch, error)
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

/** A full disk is that of TMPDIR, whatever an ordinary build would advise, and its logs are gone. */
function diskFullBelow(scratch: string, error: unknown): unknown {
  if (errnoOf(error) !== 'ENOSPC' && !(error instanceof HaosError && error.code === 'DISK_FULL')) return error
  return new HaosError('DISK_FULL', `there is no space for a build in ${dirname(scratch)}`, {
    at: dirname(scratch),
    hint: 'Set TMPDIR to a directory with some gigabytes of space.',
    cause: error,
  })
}

/** A store that cannot be used has nothing to copy: the packages are then downloaded. */
async function copyDownloads(projects: readonly Project[], from: string, to: string): Promise<void> {
  const target = await Store.open(to)
  let source: Store
  let held: AsyncDisposable
  try {
    source = await Store.open(from)
    held = await source.hold()
  } catch (error) {
    if (error instanceof HaosError && error.code === 'STORE_UNUSABLE') return
    throw error
  }
  await using _held = held
  const work = await target.scratch('downloads')
  const architectures = new Set(projects.map(({arch}) => arch))
  for (const lockPath of new Set(projects.map((project) => project.lockPath))) {
    const {sets} = await loadLockfile(lockPath)
    for (const [name, {packages}] of Object.entries(sets)) {
      if (![...architectures].some((arch) => name.includes(`/${arch}/`))) continue
      for (const {sha256} of packages) {
        if (!source.has(sha256) || target.has(sha256)) continue
        const copy = join(work, sha256)
        await copyWithHoles(source.blobPath(sha256), copy)
        // By the digest that the bytes have, whatever they should have.
        await target.commit(copy)
      }
    }
  }
}
