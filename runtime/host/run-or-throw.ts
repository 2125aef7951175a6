import {type Host, type RunOptions, renderStatus} from './host.ts'

/** Runs a program and returns its output. Throws an Error with the last lines of what it printed if it fails. */
export function runOrThrow(host: Host, argv: readonly string[], options: Omit<RunOptions, 'output'> = {}): string {
  const {status, stdout} = host.run(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv], options)
  if (status !== 0)
    throw new Error([`${argv[0]} ${renderStatus(status)}`, ...stdout.trim().split('\n').slice(-5)].join('\n'))
  return stdout
}

/** Target of a symlink; undefined if there is none at the path. */
export function readLink(host: Host, path: string): string | undefined {
  if (host.lstat(path)?.type !== 'symlink') return undefined
  return host.run(['readlink', path]).stdout.trim() || undefined
}

/** Path without symlinks of what a path leads to; the path itself if it leads nowhere. */
export function resolveLinks(host: Host, path: string): string {
  if (host.lstat(path)?.type !== 'symlink') return path
  return host.run(['readlink', '-f', path]).stdout.trim() || path
}

/** Replaces a symlink by a rename: there is always the old one or the new one. */
export function replaceLink(host: Host, target: string, path: string): void {
  const next = `${path}.next`
  host.remove(next)
  host.symlink(target, next)
  runOrThrow(host, ['mv', '-T', next, path])
}
