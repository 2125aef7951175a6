/** The used parts of the modules built into QuickJS 2025-04-26 (its manual, section 3.3). */

declare module 'std' {
  export interface File {
    /** The rest of the file as text; invalid UTF-8 becomes U+FFFD. */
    readAsString(): string
    /** One line without its end; null at the end of the file. */
    getline(): string | null
    close(): number
  }
  export function open(path: string, flags: string): File | null
  export function getenv(name: string): string | undefined
  export function getenviron(): Record<string, string>
  export function strerror(errno: number): string
  export function exit(status: number): never
  export const out: {puts(text: string): void; flush(): void}
  export const err: {puts(text: string): void; flush(): void}
  const input: File

  export {input as in}
}

declare module 'os' {
  /** Functions of this module return a negative errno when they fail. */
  export function open(path: string, flags: number, mode?: number): number
  export function close(fd: number): number
  export function read(fd: number, buffer: ArrayBuffer, offset: number, length: number): number
  export function write(fd: number, buffer: ArrayBuffer, offset: number, length: number): number
  export function remove(path: string): number
  export function rename(from: string, to: string): number
  export function mkdir(path: string, mode: number): number
  export function symlink(target: string, path: string): number
  export function realpath(path: string): [path: string, errno: number]
  export function readdir(path: string): [names: string[], errno: number]
  export interface Stat {
    readonly mode: number
    readonly uid: number
    readonly gid: number
    readonly size: number
  }
  export function lstat(path: string): [stat: Stat, errno: number]
  export function stat(path: string): [stat: Stat, errno: number]
  export function pipe(): [read: number, write: number] | null
  export function exec(
    argv: readonly string[],
    options: {
      block: false
      stdin?: number
      stdout?: number
      stderr?: number
      env?: Record<string, string>
      usePath?: boolean
    },
  ): number
  export function waitpid(pid: number, options: number): [pid: number, status: number]
  export function isatty(fd: number): boolean
  export function getpid(): number
  export function sleep(milliseconds: number): void
  export const O_RDONLY: number
  export const O_WRONLY: number
  export const O_CREAT: number
  export const O_EXCL: number
  export const O_TRUNC: number
  export const S_IFMT: number
  export const S_IFDIR: number
  export const S_IFREG: number
  export const S_IFLNK: number
}

/** What the interpreter was given after its own options: the script first, then its arguments. */
declare const scriptArgs: readonly string[]
