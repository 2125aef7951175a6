import {chmod, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import type {Artifact} from '../plan/plan.ts'
import type {EmitEvent} from '../run/events.ts'
import {copyWithHoles} from './copy-sparse.ts'
import {type Digest, digestOfBytes, digestOfFile} from './digest.ts'
import type {EarlyCopies} from './early-copies.ts'
import {makeDirectory} from './make-directory.ts'
import {outputError} from './output-error.ts'
import type {ResultRecord, Store} from './store.ts'
import {syncFile} from './sync-file.ts'
import {partialPathOf, removePartialFiles, writeAtomically} from './write-atomically.ts'

/** A finished file in the output directory. */
export interface ExportedArtifact extends Artifact {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: Digest
}

/** Contents of the output directory after the last export: an unchanged file need not be read again. */
const Exported = z.record(
  z.string(),
  z.object({sha256: z.string(), size: z.number(), mtimeMs: z.number(), inode: z.number()}),
)

/**
 * Makes sure that the output directory exists and is writable, and removes partial files of killed builds
 * from it. Fails with OUTPUT_NOT_WRITABLE or DISK_FULL.
 */
export async function prepareOutput(out: string): Promise<void> {
  try {
    await makeDirectory(out)
    await removePartialFiles(out)
    const probe = partialPathOf(join(out, '.probe'))
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    throw outputError(error, out)
  }
}

/**
 * Copies finished files out of the store. A reader of the directory sees the old file or the new one, never a partial
 * one. Fails with OUTPUT_NOT_WRITABLE or DISK_FULL, and with STORE_UNUSABLE if the store's bytes have changed.
 */
export async function exportArtifacts(
  artifacts: readonly Artifact[],
  records: ReadonlyMap<Digest, ResultRecord>,
  {
    store,
    out,
    facts,
    copies,
    emit,
    signal,
  }: {
    readonly store: Store
    readonly out: string
    /** Copies that were made with the artifacts. Default: none. */
    readonly copies?: EarlyCopies | undefined
    /** Contents of an artifact, by its name: becomes its manifest. */
    readonly facts: ReadonlyMap<string, object>
    readonly emit: EmitEvent
    readonly signal: AbortSignal
  },
): Promise<readonly ExportedArtifact[]> {
  await prepareOutput(out)
  try {
    const statePath = join(out, '.exported.json')
    const known = await loadExported(statePath)
    const finished: ExportedArtifact[] = []
    for (const artifact of artifacts) {
      signal.throwIfAborted()
      const record = records.get(artifact.step)
      if (record === undefined) throw new Error(`no result for ${artifact.name}`)
      const path = join(out, artifact.name)
      await makeDirectory(dirname(path))
      const unchanged = await isAsExported(path, record.digest, known[artifact.name])
      const copy = copies?.take(artifact.step)
      if (!unchanged) await copyOut(record.digest, path, {store, copy, signal})
      else if (copy !== undefined) await rm(copy)
      await link(artifact, out)
      const {size, mtimeMs, ino} = await stat(path)
      known[artifact.name] = {sha256: record.digest, size, mtimeMs, inode: ino}
      await writeManifest(artifact, {sizeBytes: size, sha256: record.digest, ...facts.get(artifact.name)}, out, known)
      emit({type: 'artifact', path, sizeBytes: size, sha256: record.digest, unchanged})
      finished.push({...artifact, path, sizeBytes: size, sha256: record.digest})
    }
    // Together: each write waits for the disk.
    await Promise.all([
      writeIfChanged(statePath, `${JSON.stringify(known, null, 1)}\n`),
      writeIfChanged(join(out, 'SHA256SUMS'), await renderSums(out, known)),
    ])
    return finished
  } catch (error) {
    throw outputError(error, out)
  }
}

/** The format of sha256sum(1), for every exported file that still exists. */
async function renderSums(out: string, known: z.output<typeof Exported>): Promise<string> {
  const present = new Set(await readdir(out, {recursive: true}))
  return Object.entries(known)
    .filter(([name]) => present.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, {sha256}]) => `${sha256}  ${name}\n`)
    .join('')
}

async function loadExported(path: string): Promise<z.output<typeof Exported>> {
  try {
    return Exported.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return {}
  }
}

async function isAsExported(
  path: string,
  digest: Digest,
  known: z.output<typeof Exported>[string] | undefined,
): Promise<boolean> {
  if (known?.sha256 !== digest) return false
  const found = await stat(path).catch(() => undefined)
  return found?.size === known.size && found.mtimeMs === known.mtimeMs && found.ino === known.inode
}

/** Writes the manifest of a file next to it. */
async function writeManifest(
  {name, role}: Artifact,
  facts: object,
  out: string,
  known: z.output<typeof Exported>,
): Promise<void> {
  const manifest = `${name}.manifest.json`
  const path = join(out, manifest)
  const text = `${JSON.stringify({file: name, role, ...facts}, null, 2)}\n`
  await writeIfChanged(path, text)
  const {size, mtimeMs, ino} = await stat(path)
  known[manifest] = {sha256: digestOfBytes(Buffer.from(text)), size, mtimeMs, inode: ino}
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present !== text) await writeAtomically(path, text)
}

/** Links the name without a version to the file. */
async function link({name, alias}: Artifact, out: string): Promise<void> {
  const path = join(out, alias)
  const target = relative(dirname(path), join(out, name))
  if ((await readlink(path).catch(() => undefined)) === target) return
  await makeDirectory(dirname(path))
  const partial = partialPathOf(path)
  try {
    await symlink(target, partial)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, {force: true})
    throw error
  }
}

async function copyOut(
  digest: Digest,
  to: string,
  {store, copy, signal}: {readonly store: Store; readonly copy: string | undefined; readonly signal: AbortSignal},
): Promise<void> {
  const partial = copy ?? partialPathOf(to)
  try {
    // A hard link would let writes to the output damage the store.
    if (copy === undefined) await copyWithHoles(store.blobPath(digest), partial)
    // Only this comparison finds silent corruption since the step: the store checks sizes only.
    if (!store.isFresh(digest) && (await digestOfFile(partial, signal)) !== digest)
      throw await dropDamaged(digest, store)
    // The store's own files are read-only; the copies belong to the user, whose umask decides who may read them.
    await chmod(partial, 0o666 & ~process.umask())
    await syncFile(partial)
    await rename(partial, to)
  } catch (error) {
    await rm(partial, {force: true})
    throw error
  }
}

/** Removes damaged bytes from the store: a build makes missing ones again. */
async function dropDamaged(digest: Digest, store: Store): Promise<HaosError> {
  const path = store.blobPath(digest)
  await store.drop(digest)
  return new HaosError('STORE_UNUSABLE', 'a finished file was damaged in the store', {
    at: path,
    hint: 'Run the same command again: the damaged file was removed, and will be rebuilt. If it happens again, check the disk.',
  })
}
