import {type Dirent, lstatSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {rename} from 'node:fs/promises'
import {basename, join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {errnoOf} from '../errno.ts'
import {BlobMarks} from './blob-marks.ts'
import {checkStore} from './check-store.ts'
import {holdLabel, removeTree} from './store.ts'
import {belongsToLiving, isWorkName, labelOf, workName} from './work-name.ts'

/** Kinds of files in a store. */
export type CacheKind = 'downloads' | 'results' | 'records' | 'indexes' | 'tools' | 'work'

/** Files of one kind. */
export interface CacheShare {
  readonly kind: CacheKind
  readonly files: number
  /** Disk space that they occupy, in bytes. */
  readonly sizeBytes: number
}

export interface CacheInfo {
  readonly directory: string
  readonly sizeBytes: number
  /** Number of running builds. */
  readonly builds: number
  readonly shares: readonly CacheShare[]
}

export interface PruneOptions {
  /** Milliseconds since the last use after which a file is removed. Default: any age. */
  readonly unusedMs?: number
  /** Maximum size in bytes; the least recently used files are removed first. */
  readonly maxBytes?: number
  /** Only report what would be removed. */
  readonly dryRun: boolean
}

export interface PruneResult {
  readonly removed: readonly CacheShare[]
  readonly removedBytes: number
  readonly keptBytes: number
}

interface CacheFile {
  readonly path: string
  readonly kind: CacheKind
  readonly sizeBytes: number
  readonly usedMs: number
  /** For blobs: path of the note with the time of last use. */
  readonly mark?: string | undefined
}

/** Inspects a store without changing it. A missing store is empty. */
export function cacheInfo(directory: string): CacheInfo {
  const files = listFiles(directory)
  return {
    directory,
    sizeBytes: sumOf(files),
    builds: holdsIn(directory).length,
    shares: kinds.map((kind) => shareOf(kind, files)),
  }
}

/**
 * Removes files unused for some time, or as many as exceed a size, or both.
 *
 * Keeps files that a running build has used since it began, and indexes while one runs. Removed files are
 * rebuilt or downloaded again when needed. Fails with STORE_UNUSABLE.
 */
export async function pruneCache(directory: string, {unusedMs, maxBytes, dryRun}: PruneOptions): Promise<PruneResult> {
  await checkStore(directory)
  const holds = holdsIn(directory)
  const heldSince = Math.min(Number.POSITIVE_INFINITY, ...holds)
  const files = listFiles(directory)
  const free = files
    .filter(({kind, usedMs}) => usedMs < heldSince && (holds.length === 0 || kind !== 'indexes'))
    .sort((a, b) => a.usedMs - b.usedMs)
  const before = Date.now() - (unusedMs ?? 0)
  let tooMuch = maxBytes === undefined ? 0 : sumOf(files) - maxBytes
  const chosen = free.filter(({usedMs, sizeBytes}) => {
    // Without a size limit, only age counts; with one, age counts only if it is given.
    const isOld = (unusedMs !== undefined || maxBytes === undefined) && usedMs <= before
    if (!isOld && tooMuch <= 0) return false
    tooMuch -= sizeBytes
    return true
  })
  const removed: CacheFile[] = []
  try {
    for (const file of chosen) if (dryRun || (await remove(file, directory))) removed.push(file)
  } catch (cause) {
    throw new HaosError('STORE_UNUSABLE', `the store ${directory} cannot be written`, {
      at: directory,
      hint: 'Run the command as the user whose store it is, or set HAOS_BUILD_STORE to another one.',
      cause,
    })
  }
  return {
    removed: kinds.map((kind) => shareOf(kind, removed)),
    removedBytes: sumOf(removed),
    keptBytes: sumOf(files) - sumOf(removed),
  }
}

const kinds: readonly CacheKind[] = ['downloads', 'results', 'records', 'indexes', 'tools', 'work']

function listFiles(directory: string): CacheFile[] {
  const records = ['results', 'state', 'logs'].flatMap((place) => filesBelow(join(directory, place)))
  const made = new Set(records.map(({path}) => digestIn(path)))
  const dead = entriesOf(join(directory, 'work')).filter(({name}) => isWorkName(name) && !belongsToLiving(name))
  const marks = new BlobMarks(directory)
  const blobs = filesBelow(join(directory, 'blobs')).map((file) => {
    const mark = marks.path(basename(file.path))
    return {
      ...file,
      // A blob that no record names was downloaded.
      kind: made.has(basename(file.path)) ? ('results' as const) : ('downloads' as const),
      mark,
      usedMs: Math.max(file.usedMs, timeOf(mark)),
    }
  })
  const marked = new Set(blobs.map(({mark}) => mark))
  const lonely = filesBelow(join(directory, 'marks')).filter(({path}) => !marked.has(path))
  return [
    ...blobs,
    ...lonely.map((file) => ({...file, kind: 'records' as const})),
    ...records.map((file) => ({...file, kind: 'records' as const})),
    ...filesBelow(join(directory, 'indexes')).map((file) => ({...file, kind: 'indexes' as const})),
    ...dead.map((entry) => wholeDirectory(entry, 'work')),
    ...entriesOf(join(directory, 'trees')).map((entry) => wholeDirectory(entry, 'tools')),
  ]
}

function wholeDirectory({parentPath, name}: Dirent, kind: CacheKind): CacheFile {
  const path = join(parentPath, name)
  return {path, kind, usedMs: timeOf(path), sizeBytes: sumOf(filesBelow(path))}
}

function digestIn(path: string): string | undefined {
  if (!path.endsWith('.json')) return undefined
  try {
    return Recorded.parse(JSON.parse(readFileSync(path, 'utf8'))).digest
  } catch {
    return undefined
  }
}
const Recorded = z.object({digest: z.string()})

function filesBelow(directory: string): Omit<CacheFile, 'kind'>[] {
  return entriesOf(directory, {recursive: true}).flatMap((entry) => {
    if (entry.isDirectory()) return []
    const path = join(entry.parentPath, entry.name)
    const found = lstatSync(path, {throwIfNoEntry: false})
    if (found === undefined) return []
    // Disk images are mostly holes, which take no space.
    const sizeBytes = Math.min(found.size, found.blocks * 512)
    return [{path, sizeBytes, usedMs: found.mtimeMs}]
  })
}

/** A directory that does not exist, or is removed meanwhile, is empty. */
function entriesOf(directory: string, {recursive = false} = {}): Dirent[] {
  try {
    return readdirSync(directory, {withFileTypes: true, recursive})
  } catch {
    return []
  }
}

/** Start of the oldest running build, in whole milliseconds since 1970, the resolution of noted uses. */
const holdsIn = (directory: string): number[] =>
  entriesOf(join(directory, 'work')).flatMap(({name, parentPath}) => {
    if (labelOf(name) !== holdLabel || !belongsToLiving(name)) return []
    const mtimeMs = statSync(join(parentPath, name), {throwIfNoEntry: false})?.mtimeMs
    return mtimeMs === undefined ? [] : [Math.floor(mtimeMs)]
  })

/**
 * Removes a file unless a build has used it since the check: first renames it, so that a concurrent build
 * finds it missing, then deletes it.
 */
async function remove({path, usedMs, mark}: CacheFile, directory: string): Promise<boolean> {
  const aside = join(directory, 'work', workName('prune'))
  try {
    await rename(path, aside)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  if (Math.max(timeOf(aside), mark === undefined ? 0 : timeOf(mark)) > usedMs) {
    await rename(aside, path)
    return false
  }
  await removeTree(aside)
  if (mark !== undefined) await removeTree(mark)
  return true
}

/** A file's mtime in milliseconds since 1970; 0 if there is no such file. */
const timeOf = (path: string): number => statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0

const shareOf = (kind: CacheKind, files: readonly CacheFile[]): CacheShare => {
  const own = files.filter((file) => file.kind === kind)
  return {kind, files: own.length, sizeBytes: sumOf(own)}
}

const sumOf = (files: readonly {readonly sizeBytes: number}[]): number =>
  files.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
