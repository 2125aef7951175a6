import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {copyWithHoles, Store} from '#engine'
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
  const scratch = await mkdtemp(join(tmpdir(), 'haos-verify-'))
  try {
    const storeDirectory = join(scratch, 'store')
    await copyDownloads(projects, workshop.storeDirectory, storeDirectory)
    const isolated = {...workshop, storeDirectory}
    return await use(await buildProjects(projects, isolated, {...options, out: join(scratch, 'out'), locked: true}))
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

async function copyDownloads(projects: readonly Project[], from: string, to: string): Promise<void> {
  const source = await Store.open(from)
  const target = await Store.open(to)
  await using _held = await source.hold()
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
