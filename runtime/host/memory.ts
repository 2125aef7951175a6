import {parentOf} from '#dsl'
import {decodeUtf8, encodeUtf8} from '../text/utf8.ts'
import type {FetchOptions, FetchResult, FileStatus, Host, RunOptions, RunResult} from './host.ts'

/** An entry at a path of a node in memory. */
export interface MemoryEntry {
  readonly type: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Content of a file; target of a symlink. */
  readonly content: Uint8Array
}

export interface MemoryHostOptions {
  /** Digests, which a test takes from Node. */
  readonly sha256: (content: Uint8Array) => string
  /** Results of programs. Default: all end with status 0 and print nothing. */
  readonly run?: (argv: readonly string[], options: RunOptions, host: MemoryHost) => RunResult
  /** Responses of URLs. Default: no response. */
  readonly fetch?: (url: string, options: FetchOptions) => FetchResult
  readonly env?: Readonly<Record<string, string>>
}

/** A node in memory, for tests. As on a real one, a directory must exist before anything is created in it. */
export class MemoryHost implements Host {
  readonly entries = new Map<string, MemoryEntry>()
  /** Programs that were run, in order. */
  readonly commands: Array<{argv: readonly string[]; options: RunOptions}> = []
  readonly requests: string[] = []
  /** Sum of all calls of `sleep`. */
  sleptMs = 0
  readonly #options: MemoryHostOptions

  constructor(options: MemoryHostOptions) {
    this.#options = options
    this.put('/', {type: 'directory', mode: 0o755})
  }

  /** Adds an entry with its parent directories: how a test prepares a node. */
  put(path: string, entry: Partial<Omit<MemoryEntry, 'content'>> & {readonly content?: string | Uint8Array}): void {
    for (let above = parentOf(path); !this.entries.has(above) && above !== path; above = parentOf(above))
      this.entries.set(above, {type: 'directory', mode: 0o755, uid: 0, gid: 0, content: new Uint8Array()})
    const {type = 'file', mode = 0o644, uid = 0, gid = 0, content = ''} = entry
    const bytes = typeof content === 'string' ? encodeUtf8(content) : content
    this.entries.set(path, {type, mode, uid, gid, content: bytes})
  }

  read(path: string): string | undefined {
    const bytes = this.readBytes(path)
    return bytes && decodeUtf8(bytes)
  }

  readBytes(path: string): Uint8Array | undefined {
    const entry = this.entries.get(this.#follow(path))
    if (entry?.type === 'directory') throw new Error(`${path}: is a directory`)
    return entry?.content
  }

  lstat(path: string): FileStatus | undefined {
    const entry = this.entries.get(path)
    return (
      entry && {type: entry.type, mode: entry.mode, uid: entry.uid, gid: entry.gid, sizeBytes: entry.content.length}
    )
  }

  list(path: string): string[] | undefined {
    const directory = this.#follow(path)
    if (this.entries.get(directory)?.type !== 'directory') return undefined
    const names = [...this.entries.keys()].filter((other) => other !== '/' && parentOf(other) === directory)
    return names.map((other) => other.slice(other.lastIndexOf('/') + 1)).sort()
  }

  write(path: string, content: string | Uint8Array, options: Parameters<Host['write']>[2] = {}): void {
    const target = options.replaceLink ? path : this.#follow(path)
    const replaced = this.entries.get(target)
    if (replaced?.type === 'directory') throw new Error(`${path}: is a directory`)
    this.#checkParent(target)
    const kept = replaced?.type === 'file' ? replaced : undefined
    this.entries.set(target, {
      type: 'file',
      mode: options.mode ?? kept?.mode ?? 0o644,
      uid: options.owner?.uid ?? kept?.uid ?? 0,
      gid: options.owner?.gid ?? kept?.gid ?? 0,
      content: typeof content === 'string' ? encodeUtf8(content) : content,
    })
  }

  mkdir(path: string, mode: number): void {
    this.#checkParent(path)
    if (this.entries.has(path)) throw new Error(`${path}: File exists`)
    this.put(path, {type: 'directory', mode})
  }

  symlink(target: string, path: string): void {
    this.#checkParent(path)
    if (this.entries.has(path)) throw new Error(`${path}: File exists`)
    this.put(path, {type: 'symlink', mode: 0o777, content: target})
  }

  remove(path: string): void {
    this.entries.delete(path)
  }

  chmod(path: string, mode: number): void {
    this.#change(path, {mode})
  }

  chown(path: string, {uid, gid}: {uid: number; gid: number}): void {
    this.#change(path, {uid, gid})
  }

  run(argv: readonly string[], options: RunOptions = {}): RunResult {
    this.commands.push({argv, options})
    return this.#options.run?.(argv, options, this) ?? {status: 0, stdout: ''}
  }

  fetch(url: string, options: FetchOptions = {}): FetchResult {
    this.requests.push(url)
    return this.#options.fetch?.(url, options) ?? {status: 0, body: new Uint8Array(), error: 'no such host'}
  }

  sha256(content: Uint8Array): string {
    return this.#options.sha256(content)
  }

  env(name: string): string | undefined {
    return this.#options.env?.[name]
  }

  sleep(milliseconds: number): void {
    this.sleptMs += milliseconds
  }

  #change(path: string, change: Partial<MemoryEntry>): void {
    const entry = this.entries.get(path)
    if (entry === undefined) throw new Error(`${path}: No such file or directory`)
    this.entries.set(path, {...entry, ...change})
  }

  #checkParent(path: string): void {
    if (this.entries.get(parentOf(path))?.type !== 'directory') throw new Error(`${path}: No such file or directory`)
  }

  #follow(path: string): string {
    const entry = this.entries.get(path)
    if (entry?.type !== 'symlink') return path
    const target = decodeUtf8(entry.content)
    return this.#follow(target.startsWith('/') ? target : `${parentOf(path)}/${target}`)
  }
}
