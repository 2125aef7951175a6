import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

const names = ['grub-efi-amd64-bin', 'grub-pc-bin']

/** Host paths of Debian's packages with GRUB's modules, or why there are none. */
export type GrubPackages =
  | {readonly packages: readonly string[]; readonly reason?: undefined}
  | {readonly packages?: undefined; readonly reason: string}

/** What of them is large and no module. */
const ballast = ['usr/lib/grub/x86_64-efi/monolithic', 'usr/lib/grub/i386-pc/grub-bios-setup', 'usr/share']

/**
 * Gets them with the host's apt, 2.6 MB, and keeps them in the cache directory, uncompressed and without ballast,
 * because tests unpack them often.
 */
export function findGrubPackages(): GrubPackages {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build')
  const directory = join(cache, 'test-grub')
  const known = packagesIn(directory)
  if (known.length === names.length) return {packages: known}
  mkdirSync(cache, {recursive: true})
  const half = mkdtempSync(join(cache, 'test-grub-'))
  try {
    // apt's own user may not be allowed to write here; what it fetches is checked all the same.
    execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...names], {cwd: half, stdio: 'pipe'})
    for (const archive of packagesIn(half)) repack(archive)
    rmSync(directory, {recursive: true, force: true})
    renameSync(half, directory)
  } catch (error) {
    // Another test file may have been quicker.
    const others = packagesIn(directory)
    if (others.length === names.length) return {packages: others}
    return {reason: `no GRUB: ${error instanceof Error ? error.message.split('\n')[0] : error}`}
  } finally {
    rmSync(half, {recursive: true, force: true})
  }
  return {packages: packagesIn(directory)}
}

function packagesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.deb'))
      .sort()
      .map((file) => join(directory, file))
  } catch {
    return []
  }
}

function repack(archive: string): void {
  const tree = `${archive}.tree`
  execFileSync('dpkg-deb', ['-R', archive, tree])
  for (const path of ballast) rmSync(join(tree, path), {recursive: true, force: true})
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, archive], {
    stdio: 'pipe',
    env: {...process.env, SOURCE_DATE_EPOCH: '1'},
  })
  rmSync(tree, {recursive: true})
}
