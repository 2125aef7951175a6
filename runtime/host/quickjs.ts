// biome-ignore lint/style/useNodejsImportProtocol: this 'os' is the module of QuickJS.
import * as os from 'os'
import * as std from 'std'
import {parentOf} from '#dsl'
import {fetchWithPrograms} from '../fetch/fetch-with-programs.ts'
import {decodeUtf8, encodeUtf8} from '../text/utf8.ts'
import type {FileStatus, Host, RunOptions, RunResult, WriteOptions} from './host.ts'
import {renderStatus} from './host.ts'
import {withSource} from './with-source.ts'

/**
 * Directory for standard input and downloads while a program uses them. On a node /run, which is a tmpfs in every
 * phase.
 */
const scratchDirectory = std.getenv('TMPDIR') ?? '/run'
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The node itself, through QuickJS. Busybox does what its modules lack (chmod, chown). */
export const quickjsHost: Host = {
  read(path) {
    if (fileType(path) === undefined) return undefined
    if (fileType(path) === 'directory') throw new Error(`${path}: is a directory`)
    const file = std.open(path, 'r')
    if (file === null) throw new Error(`${path}: cannot be read`)
    const text = file.readAsString()
    file.close()
    return text
  },
  readBytes(path) {
    if (fileType(path) === undefined) return undefined
    const fd = check(os.open(path, os.O_RDONLY), path)
    try {
      return readAll(fd, path)
    } finally {
      os.close(fd)
    }
  },
  lstat(path) {
    const [found, errno] = os.lstat(path)
    return errno === 0 ? fileStatus(found) : undefined
  },
  list(path) {
    if (fileType(path) !== 'directory') return undefined
    const [names, errno] = os.readdir(path)
    check(-errno, path)
    return names.filter((name) => name !== '.' && name !== '..').sort()
  },
  write(path, content, options = {}) {
    const bytes = typeof content === 'string' ? encodeUtf8(content) : content
    if (options.inPlace) writeInto(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, bytes)
    else writeBeside(options.replaceLink ? path : followLink(path), bytes, options)
  },
  mkdir(path, mode) {
    check(os.mkdir(path, mode), path)
    if (this.lstat(path)?.mode !== mode) this.chmod(path, mode)
  },
  symlink: (target, path) => void check(os.symlink(target, path), path),
  remove(path) {
    if (this.lstat(path) !== undefined) check(os.remove(path), path)
  },
  chmod: (path, mode) => busybox('chmod', [mode.toString(8), path]),
  chown: (path, {uid, gid}) => busybox('chown', ['-h', `${uid}:${gid}`, path]),
  run,
  fetch: (url, options) =>
    fetchWithPrograms(quickjsHost, url, {...options, scratch: `${scratchDirectory}/.haos-download-${os.getpid()}`}),
  sha256: (content) => spooled(content, (path) => busyboxOutput(['sha256sum', path]).slice(0, 64)),
  env: (name) => std.getenv(name),
  sleep: (milliseconds) => os.sleep(milliseconds),
}

/** Returns the result of a call; throws if it is a negative errno. */
function check(result: number, path: string): number {
  if (result < 0) throw new Error(`${path}: ${std.strerror(-result)}`)
  return result
}

function fileStatus(stat: os.Stat): FileStatus {
  const format = stat.mode & os.S_IFMT
  const type =
    format === os.S_IFREG ? 'file' : format === os.S_IFDIR ? 'directory' : format === os.S_IFLNK ? 'symlink' : 'other'
  return {type, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, sizeBytes: stat.size}
}

function fileType(path: string): FileStatus['type'] | undefined {
  const [found, errno] = os.stat(path)
  return errno === 0 ? fileStatus(found).type : undefined
}

function followLink(path: string): string {
  const [real, errno] = os.realpath(path)
  return errno === 0 ? real : path
}

function readAll(fd: number, path: string): Uint8Array {
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    const chunk = new Uint8Array(65_536)
    const count = check(os.read(fd, chunk.buffer, 0, chunk.length), path)
    if (count === 0) break
    chunks.push(chunk.subarray(0, count))
    total += count
  }
  const whole = new Uint8Array(total)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function writeInto(path: string, flags: number, mode: number, bytes: Uint8Array): void {
  const fd = check(os.open(path, flags, mode), path)
  try {
    const {buffer} = bytes.slice()
    for (let at = 0; at < bytes.length; ) at += check(os.write(fd, buffer, at, bytes.length - at), path)
  } finally {
    os.close(fd)
  }
}

/**
 * ext4 writes a renamed file before the rename (auto_da_alloc), so that the old file or the new one remains without
 * fsync.
 */
function writeBeside(path: string, bytes: Uint8Array, {mode, owner}: WriteOptions): void {
  const replaced = quickjsHost.lstat(path)
  if (replaced?.type === 'directory') throw new Error(`${path}: is a directory`)
  const wantedMode = mode ?? (replaced?.type === 'file' ? replaced.mode : 0o644)
  const wantedOwner = owner ?? (replaced?.type === 'file' ? replaced : {uid: 0, gid: 0})
  const beside = `${parentOf(path) === '/' ? '' : parentOf(path)}/.${path.slice(path.lastIndexOf('/') + 1)}.new`
  quickjsHost.remove(beside)
  try {
    writeInto(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, wantedMode & 0o777, bytes)
    const made = quickjsHost.lstat(beside)
    // In this order: chown(2) clears the set-user-ID bit. Skipped when right already: each costs a process.
    if (made?.uid !== wantedOwner.uid || made?.gid !== wantedOwner.gid) quickjsHost.chown(beside, wantedOwner)
    if (made?.mode !== wantedMode) quickjsHost.chmod(beside, wantedMode)
    check(os.rename(beside, path), path)
  } catch (error) {
    quickjsHost.remove(beside)
    throw error
  }
}

function run(argv: readonly string[], {env, stdin, output = 'capture'}: RunOptions = {}): RunResult {
  return stdin === undefined
    ? runWith(argv, check(os.open('/dev/null', os.O_RDONLY), '/dev/null'), env, output)
    : spooled(encodeUtf8(stdin), (path) => {
        const input = check(os.open(path, os.O_RDONLY), path)
        // Removed while the program reads it, so that no other can open it: it may be a password.
        quickjsHost.remove(path)
        return runWith(argv, input, env, output)
      })
}

function runWith(
  argv: readonly string[],
  input: number,
  env: RunOptions['env'],
  output: RunOptions['output'],
): RunResult {
  const pipe = output === 'capture' ? os.pipe() : null
  const sink = output === 'discard' ? check(os.open('/dev/null', os.O_WRONLY), '/dev/null') : pipe?.[1]
  const pid = os.exec(withSource(argv), {
    block: false,
    usePath: true,
    stdin: input,
    ...(sink !== undefined && {stdout: sink}),
    ...(output === 'discard' && sink !== undefined && {stderr: sink}),
    env: {PATH: defaultPath, ...std.getenviron(), ...env},
  })
  os.close(input)
  if (sink !== undefined) os.close(sink)
  const stdout = pipe ? readText(pipe[0]) : ''
  const [, status] = os.waitpid(check(pid, argv[0] ?? ''), 0)
  const signal = status & 0x7f
  return {status: signal === 0 ? (status >> 8) & 0xff : 128 + signal, stdout}
}

function readText(fd: number): string {
  const bytes = readAll(fd, 'pipe')
  os.close(fd)
  return decodeUtf8(bytes)
}

function spooled<Result>(content: Uint8Array, use: (path: string) => Result): Result {
  const path = `${scratchDirectory}/.haos-input-${os.getpid()}`
  quickjsHost.remove(path)
  try {
    writeInto(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, content)
    return use(path)
  } finally {
    quickjsHost.remove(path)
  }
}

function busyboxOutput(args: readonly string[]): string {
  const {status, stdout} = run(['busybox', ...args])
  if (status !== 0) throw new Error(`${args.join(' ')} ${renderStatus(status)}`)
  return stdout
}

const busybox = (applet: string, args: readonly string[]): void => void busyboxOutput([applet, ...args])
