import {createHash} from 'node:crypto'
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {dirname, join} from 'node:path'
import {getSystemErrorMessage} from 'node:util'
import type {FetchOptions, FetchResult, FileStatus, Host, Owner, RunOptions, RunResult, WriteOptions} from '#runtime'
import {fetchSync} from './fetch-sync.ts'

/** A program that would have been run on the node. */
export interface ListedCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string
}

export interface DirectoryHostOptions {
  /** Contacts no server: a URL that would be fetched is a problem. Default: false. */
  readonly offline?: boolean
}

/**
 * A directory that stands for the root of a node. Files are written below it, and never elsewhere, whatever links
 * it holds; programs are listed and count as run successfully.
 */
export class DirectoryHost implements Host {
  readonly commands: ListedCommand[] = []
  readonly #root: string
  readonly #offline: boolean
  /** Servers that did not answer. The build machine's network does not change while a config is applied. */
  readonly #silent = new Map<string, FetchResult>()

  constructor(root: string, {offline = false}: DirectoryHostOptions = {}) {
    this.#root = root
    this.#offline = offline
  }

  read(path: string): string | undefined {
    return this.#existing(path, (place) => readFileSync(place, 'utf8'))
  }

  readBytes(path: string): Uint8Array | undefined {
    return this.#existing(path, (place) => readFileSync(place))
  }

  lstat(path: string): FileStatus | undefined {
    const found = lstatSync(this.#locate(path, {followLast: false}), {throwIfNoEntry: false})
    if (found === undefined) return undefined
    const type = found.isFile()
      ? 'file'
      : found.isDirectory()
        ? 'directory'
        : found.isSymbolicLink()
          ? 'symlink'
          : 'other'
    return {type, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, sizeBytes: found.size}
  }

  list(path: string): string[] | undefined {
    return this.#existing(path, (place) => (statSync(place).isDirectory() ? readdirSync(place).sort() : undefined))
  }

  write(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
    named(path, () => this.#write(path, content, options))
  }

  #write(path: string, content: string | Uint8Array, options: WriteOptions): void {
    const place = this.#locate(path, {followLast: !options.replaceLink})
    if (options.inPlace) {
      writeFileSync(place, content)
      return
    }
    const replaced = lstatSync(place, {throwIfNoEntry: false})
    if (replaced?.isDirectory()) throw new Error(`${path}: is a directory`)
    const kept = replaced?.isFile() ? replaced : undefined
    const beside = join(dirname(place), `.${process.pid}.new`)
    try {
      writeFileSync(beside, content, {mode: 0o600})
      this.#own(beside, path, options.owner ?? {uid: kept?.uid ?? 0, gid: kept?.gid ?? 0})
      // After chown(2), which clears the set-user-ID bit.
      chmodSync(beside, options.mode ?? (kept && kept.mode & 0o7777) ?? 0o644)
      renameSync(beside, place)
    } finally {
      rmSync(beside, {force: true})
    }
  }

  mkdir(path: string, mode: number): void {
    named(path, () => {
      const place = this.#locate(path, {followLast: false})
      mkdirSync(place)
      chmodSync(place, mode)
    })
  }

  symlink(target: string, path: string): void {
    named(path, () => symlinkSync(target, this.#locate(path, {followLast: false})))
  }

  remove(path: string): void {
    named(path, () => rmSync(this.#locate(path, {followLast: false}), {force: true}))
  }

  chmod(path: string, mode: number): void {
    named(path, () => chmodSync(this.#locate(path), mode))
  }

  chown(path: string, owner: Owner): void {
    named(path, () => this.#own(this.#locate(path, {followLast: false}), path, owner))
  }

  run(argv: readonly string[], {env = {}, stdin}: RunOptions = {}): RunResult {
    this.commands.push({argv, env, ...(stdin !== undefined && {stdin})})
    return {status: 0, stdout: ''}
  }

  fetch(url: string, options: FetchOptions = {}): FetchResult {
    if (this.#offline) return {status: 0, body: new Uint8Array(), error: 'not fetched because of --offline'}
    const {origin} = new URL(url)
    const result = this.#silent.get(origin) ?? fetchSync(url, options)
    if (result.status === 0) this.#silent.set(origin, result)
    return result
  }

  sha256(content: Uint8Array): string {
    return createHash('sha256').update(content).digest('hex')
  }

  env(): undefined {
    return undefined
  }

  sleep(): void {
    // The event that the node would wait for does not happen here.
  }

  /** An ordinary user cannot change owners: then the program that the node would run for it is listed. */
  #own(place: string, path: string, {uid, gid}: Owner): void {
    const found = lstatSync(place)
    if (found.uid === uid && found.gid === gid) return
    if (process.getuid?.() === 0) lchownSync(place, uid, gid)
    else this.run(['chown', '-h', `${uid}:${gid}`, path])
  }

  #existing<Result>(path: string, use: (place: string) => Result): Result | undefined {
    const place = this.#locate(path)
    return lstatSync(place, {throwIfNoEntry: false}) === undefined ? undefined : named(path, () => use(place))
  }

  /** Where a path of the node lies on this machine, with links read as the node would: from its root, never out of it. */
  #locate(path: string, {followLast = true} = {}): string {
    const pending = path.split('/')
    const found: string[] = []
    let links = 0
    for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        found.pop()
        continue
      }
      const place = join(this.#root, ...found, part)
      const isLast = pending.every((rest) => rest === '')
      if ((isLast && !followLast) || !lstatSync(place, {throwIfNoEntry: false})?.isSymbolicLink()) {
        found.push(part)
        continue
      }
      if (++links > 40) throw new Error(`${path}: too many levels of symbolic links`)
      const target = readlinkSync(place)
      if (target.startsWith('/')) found.length = 0
      pending.unshift(...target.split('/'))
    }
    return join(this.#root, ...found)
  }
}

/** System errors with the node's path instead of the build machine's, in the words of the node's own program. */
function named<Result>(path: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error
    throw new Error(`${path}: ${getSystemErrorMessage(error.errno)}`, {cause: error})
  }
}
