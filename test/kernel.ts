import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** A kernel to boot in tests, or why there is none. */
export type TestKernel =
  | {readonly kernel: string; readonly reason?: undefined}
  | {readonly kernel?: undefined; readonly reason: string}

/**
 * Gets a Debian kernel with drivers for a serial line and NVMe built in.
 *
 * The host's apt fetches and checks it; it is kept in the cache directory. Where there is no apt, no network or no
 * such package, the reason comes back, for the title of a skipped test.
 */
export function findTestKernel(): TestKernel {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build')
  const directory = join(cache, 'test-kernel')
  const known = kernelIn(directory)
  if (known !== undefined) return {kernel: known}
  mkdirSync(cache, {recursive: true})
  const half = mkdtempSync(join(cache, 'test-kernel-'))
  try {
    const depends = run('apt-cache', ['depends', '--no-suggests', 'linux-image-cloud-amd64'], half)
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
    if (name === undefined) return {reason: 'apt knows no linux-image-cloud-amd64'}
    // apt's own user may not be allowed to write here; what it fetches is checked all the same.
    run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], half)
    const [archive = ''] = readdirSync(half).filter((file) => file.endsWith('.deb'))
    run('dpkg-deb', ['-x', archive, '.'], half)
    rmSync(join(half, archive))
    rmSync(join(half, 'lib'), {recursive: true, force: true})
    renameSync(half, directory)
  } catch (error) {
    return {reason: `no kernel: ${error instanceof Error ? error.message.split('\n')[0] : error}`}
  } finally {
    rmSync(half, {recursive: true, force: true})
  }
  const kernel = kernelIn(directory)
  return kernel === undefined ? {reason: 'the kernel package holds no kernel'} : {kernel}
}

function kernelIn(directory: string): string | undefined {
  try {
    const boot = join(directory, 'boot')
    const name = readdirSync(boot).find((file) => file.startsWith('vmlinuz-'))
    return name === undefined ? undefined : join(boot, name)
  } catch {
    return undefined
  }
}

const run = (program: string, args: readonly string[], cwd: string): string =>
  execFileSync(program, args, {cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
