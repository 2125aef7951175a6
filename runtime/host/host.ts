import {parentOf} from '#dsl'
/** Status of a path. `mode` is only the permission bits, such as 0o4755. */
export interface FileStatus {
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
}

/** Numeric owner. Names are looked up by `findOwner`, in the files of the node itself. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface WriteOptions {
  /** Permission bits. Default: those of the file that is replaced, else 0644. */
  readonly mode?: number
  /** Default: that of the file that is replaced, else root. */
  readonly owner?: Owner
  /** Replaces a symbolic link instead of the file that it points to. Default: false. */
  readonly replaceLink?: boolean
  /** Writes into the file itself. For /proc and /sys, where nothing can be renamed. Default: false. */
  readonly inPlace?: boolean
}

export interface RunOptions {
  /** Added to the environment of this program. */
  readonly env?: Readonly<Record<string, string>>
  /** What the program reads. Default: nothing, /dev/null. */
  readonly stdin?: string
  /**
   * Where its output goes: to the caller, to our own output, or nowhere together with its errors. Default: `capture`.
   */
  readonly output?: 'capture' | 'inherit' | 'discard'
}

export interface RunResult {
  /** Exit status; 128 + n when signal n ended it, 127 when there is no such program. */
  readonly status: number
  readonly stdout: string
}

export interface FetchOptions {
  /** Default: GET. */
  readonly method?: 'GET' | 'PUT' | 'POST'
  /** Body of the request. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Timeout of the whole request, in seconds. Default: 30. */
  readonly timeoutSeconds?: number
  /** Source ports of the request, such as `1-1023`: some clouds trust only the privileged ones. */
  readonly localPort?: string
  /** Without a proxy, whatever the environment names: a server of this machine's cloud cannot be reached through one. Default: false. */
  readonly isDirect?: boolean
  /** Added to the environment of the program that fetches: the proxy variables. */
  readonly env?: Readonly<Record<string, string>>
}

export interface FetchResult {
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number
  readonly body: Uint8Array
  /** Why there was no answer. */
  readonly error?: string | undefined
}

/**
 * All of the operating system that an applier may touch.
 *
 * `quickjs.ts` is the real one, `memory.ts` the tests', `bin/directory-host.ts` applies a config below a
 * directory. Reading a missing path returns undefined; every other failure throws an Error whose
 * message names the path.
 */
export interface Host {
  /** Text of a file, or undefined when there is none. Invalid UTF-8 becomes U+FFFD. */
  read(path: string): string | undefined
  readBytes(path: string): Uint8Array | undefined
  /** Status of a path, of the symlink itself if it is one; undefined if it does not exist. */
  lstat(path: string): FileStatus | undefined
  /** Names in a directory, in byte order; undefined if it is not a directory. */
  list(path: string): string[] | undefined
  /** Writes to a temporary name and renames, so that a power cut leaves the old file or the new one. */
  write(path: string, content: string | Uint8Array, options?: WriteOptions): void
  /** Creates one directory. Its parent must exist. */
  mkdir(path: string, mode: number): void
  symlink(target: string, path: string): void
  /** Removes a file or a symlink; does nothing if there is none. */
  remove(path: string): void
  chmod(path: string, mode: number): void
  /** Changes the owner of a path. Never follows a symlink. */
  chown(path: string, owner: Owner): void
  /** Runs a program and waits for its end. */
  run(argv: readonly string[], options?: RunOptions): RunResult
  /** Sends an HTTP request. Never throws: errors are in the result. */
  fetch(url: string, options?: FetchOptions): FetchResult
  /** SHA-256 in lower-case hexadecimal. */
  sha256(content: Uint8Array): string
  /** Value of a variable in the environment of this process. */
  env(name: string): string | undefined
  sleep(milliseconds: number): void
}

/** Creates a directory and its missing parents, all with mode 0755. */
export function mkdirAll(host: Host, path: string): void {
  const found = host.lstat(path)
  if (found?.type === 'directory' || (found?.type === 'symlink' && host.list(path) !== undefined)) return
  if (found !== undefined) throw new Error(`${path} is not a directory`)
  const parent = parentOf(path)
  if (parent !== '/') mkdirAll(host, parent)
  host.mkdir(path, 0o755)
}

/** How a failed program ended, in a few words. */
export const renderStatus = (status: number): string =>
  status > 128
    ? `was ended by signal ${status - 128}`
    : status === 127
      ? 'was not found (status 127)'
      : `ended with status ${status}`
