import {lstatSync, readdirSync, readlinkSync} from 'node:fs'
import {mkdir, readFile, rename, utimes} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {errnoOf} from '../errno.ts'
import {fileState} from './blob-marks.ts'
import {type Digest, digestOfFile} from './digest.ts'
import {removeTree, type Store} from './store.ts'
import {storeError} from './store-error.ts'
import {bootStamp} from './work-name.ts'
import {writeAtomically} from './write-atomically.ts'

export interface KeepDirectoryOptions {
  /** Fills the new, empty directory. */
  readonly make: (directory: string) => Promise<void>
  /** Called before a damaged directory is made again. */
  readonly onDamage: () => void
}

/**
 * The host path of a directory in the store that programs run from, by the digest of what it is made of. Makes it if it is missing
 * or damaged.
 *
 * Like a blob, it gets its name when it is complete, and is compared with its digests before use: each file is read again if it
 * has changed since, and once after each start of the machine, because a power cut may have lost what was not written yet.
 * Fails with STORE_UNUSABLE.
 */
export async function keepDirectory(
  store: Store,
  key: Digest,
  {make, onDamage}: KeepDirectoryOptions,
): Promise<string> {
  const path = join(store.directory, 'trees', key)
  const verdict = await checkDirectory(path)
  if (verdict === 'damaged') onDamage()
  if (verdict !== 'good') await replace(store, path, make)
  const now = new Date()
  // The time of its last use, for `cache prune`.
  await utimes(path, now, now).catch(() => {})
  return path
}

async function replace(store: Store, path: string, make: KeepDirectoryOptions['make']): Promise<void> {
  const work = await store.scratch('tree')
  try {
    const made = join(work, 'tree')
    await mkdir(made)
    await make(made)
    await noteContents(made)
    await rename(path, join(work, 'old')).catch(unlessIs('ENOENT'))
    // Another build may have made it meanwhile, with the same contents.
    await rename(made, path).catch(unlessIs('ENOTEMPTY', 'EEXIST'))
  } catch (error) {
    throw storeError(error, store.directory)
  } finally {
    await removeTree(work)
  }
}

const unlessIs =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    if (!codes.includes(errnoOf(error) ?? '')) throw error
  }

/** In the directory itself, so that both get their place at once. */
const noteName = '.contents.json'

const Note = z.object({
  /** The start of the machine during which all files were read. */
  boot: z.string(),
  /** By path: kind, mode and identity, and the digest of a file. */
  entries: z.record(z.string(), z.object({kind: z.string(), state: z.string(), sha256: z.string().optional()})),
})
type Note = z.output<typeof Note>

async function noteContents(directory: string): Promise<void> {
  const entries: Note['entries'] = {}
  for (const [path, entry] of listDirectory(directory)) {
    entries[path] = entry.kind.startsWith('file')
      ? {...entry, sha256: await digestOfFile(join(directory, path))}
      : entry
  }
  await writeNote(directory, entries)
}

const writeNote = (directory: string, entries: Note['entries']): Promise<void> =>
  writeAtomically(join(directory, noteName), JSON.stringify({boot: bootStamp(), entries} satisfies Note))

/** Compares a directory with its note. */
export async function checkDirectory(
  directory: string,
  {again = false}: {readonly again?: boolean} = {},
): Promise<'good' | 'damaged' | 'missing'> {
  let note: Note
  try {
    note = Note.parse(JSON.parse(await readFile(join(directory, noteName), 'utf8')))
  } catch {
    return lstatSync(directory, {throwIfNoEntry: false}) === undefined ? 'missing' : 'damaged'
  }
  const found = new Map(listDirectory(directory))
  if (found.size !== Object.keys(note.entries).length) return 'damaged'
  const isKnown = note.boot === bootStamp() && !again
  let isNoteOld = note.boot !== bootStamp()
  for (const [path, entry] of Object.entries(note.entries)) {
    const now = found.get(path)
    if (now === undefined || now.kind !== entry.kind) return 'damaged'
    if (entry.sha256 === undefined || (isKnown && now.state === entry.state)) continue
    if ((await digestOfFile(join(directory, path))) !== entry.sha256) return 'damaged'
    isNoteOld ||= now.state !== entry.state
    entry.state = now.state
  }
  if (isNoteOld) await writeNote(directory, note.entries).catch(() => {})
  return 'good'
}

/** Everything below a directory but its note, by relative path. Only files have an identity: reading changes nothing else. */
function* listDirectory(directory: string): Generator<[string, {kind: string; state: string}]> {
  const pending = ['']
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const name of readdirSync(join(directory, below))) {
      const path = join(below, name)
      if (path === noteName) continue
      const stats = lstatSync(join(directory, path), {bigint: true})
      if (stats.isDirectory()) {
        pending.push(path)
        yield [path, {kind: 'directory', state: ''}]
      } else if (stats.isSymbolicLink()) {
        yield [path, {kind: `symlink ${readlinkSync(join(directory, path))}`, state: ''}]
      } else {
        yield [path, {kind: `file ${stats.mode.toString(8)}`, state: fileState(stats)}]
      }
    }
  }
}
