import type {FetchOptions, FetchResult, Host, RunOptions, RunResult} from './host.ts'

/** What a node below a directory cannot do itself, since its programs and its network are not those of this machine. */
export interface Surroundings {
  run(argv: readonly string[], options?: RunOptions): RunResult
  fetch(url: string, options?: FetchOptions): FetchResult
}

/** The files of a host below a directory, as if that were the root. Symlinks must not lead out of it. */
export const hostBelow = (root: string, host: Host, {run, fetch}: Surroundings): Host => ({
  read: (path) => host.read(root + path),
  readBytes: (path) => host.readBytes(root + path),
  lstat: (path) => host.lstat(root + path),
  list: (path) => host.list(root + path),
  write: (path, content, options) => host.write(root + path, content, options),
  mkdir: (path, mode) => host.mkdir(root + path, mode),
  symlink: (target, path) => host.symlink(target, root + path),
  remove: (path) => host.remove(root + path),
  chmod: (path, mode) => host.chmod(root + path, mode),
  chown: (path, owner) => host.chown(root + path, owner),
  run,
  fetch,
  sha256: (content) => host.sha256(content),
  env: () => undefined,
  sleep: () => {},
})
