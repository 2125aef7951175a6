import type {Identity} from '#dsl'
import {systemPaths} from '#layout'
import {type Host, mkdirAll} from '../host/host.ts'
import {readLink} from '../host/run-or-throw.ts'

/**
 * Lets k3s or rke2 find the archives of container images that came with the system: it imports every file of one directory when
 * it starts (docs.k3s.io, "Air-Gap Install"; the same for rke2).
 *
 * By symlinks, which take no space on the disk. Those of a version that was here before are removed, and files of others are left
 * alone.
 */
export function linkImageArchives(host: Host, identity: Identity, argv: readonly string[]): void {
  const {kubernetes: name} = identity
  const {directory, current} = systemPaths(identity).kubernetes
  const archives = (host.list(current) ?? []).filter(isArchive)
  const images = `${dataDirectory(argv) ?? `/var/lib/rancher/${name}`}/agent/images`
  if (archives.length === 0 && host.list(images) === undefined) return
  mkdirAll(host, images)
  for (const file of host.list(images) ?? []) {
    const target = readLink(host, `${images}/${file}`)
    if (target?.startsWith(`${directory}/`) && !archives.includes(file)) host.remove(`${images}/${file}`)
  }
  for (const file of archives) {
    // A file of the user's own wins.
    if (host.lstat(`${images}/${file}`) === undefined) host.symlink(`${current}/${file}`, `${images}/${file}`)
  }
}

/** Endings that the importer knows (rancher/wharfie, pkg/tarfile). */
const isArchive = (file: string): boolean => /\.(?:tar(?:\.\w+)?|tbz|tgz|tzst)$/.test(file)

/** Value of `--data-dir`, of which the last counts, as in the program. */
function dataDirectory(argv: readonly string[]): string | undefined {
  const values = argv.flatMap((arg, index) => {
    const [, flag, , value] = /^--?(data-dir|d)(=(.*))?$/s.exec(arg) ?? []
    return flag === undefined ? [] : [value ?? argv[index + 1] ?? '']
  })
  return values.at(-1)?.replace(/\/+$/, '') || undefined
}
