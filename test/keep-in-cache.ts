import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** A directory of the cache, or why it could not be filled. */
export type Kept =
  | {readonly directory: string; readonly reason?: undefined}
  | {readonly directory?: undefined; readonly reason: string}

/**
 * Returns a directory of haos-build's cache, and fills it first if it does not exist.
 *
 * The directory gets its name when it is complete, so that concurrent test files can share it.
 */
export function keepInCache(name: string, fill: (directory: string) => void): Kept {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build')
  const directory = join(cache, name)
  if (existsSync(directory)) return {directory}
  mkdirSync(cache, {recursive: true})
  const half = mkdtempSync(join(cache, `${name}-`))
  try {
    fill(half)
    renameSync(half, directory)
    return {directory}
  } catch (error) {
    // Another test file may have been faster: its directory has the same content.
    if (existsSync(directory)) return {directory}
    return {reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}
  } finally {
    rmSync(half, {recursive: true, force: true})
  }
}

/** Downloads Debian packages into a directory with the host's apt, which verifies them, and returns their paths. */
export function downloadPackages(directory: string, names: readonly string[]): string[] {
  // apt's own user may lack write permission here.
  execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...names], {cwd: directory, stdio: 'pipe'})
  return debsIn(directory)
}

/** Paths of the packages in a directory, sorted. */
export const debsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.deb'))
    .sort()
    .map((file) => join(directory, file))
