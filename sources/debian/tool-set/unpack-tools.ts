import {link, mkdir, rm, symlink, writeFile} from 'node:fs/promises'
import {join, posix} from 'node:path'
import {type Arch, parentsOf} from '#dsl'
import {digestOf} from '#engine'
import {readContent, type TreeEntry, withParents} from '#formats'
import {brokenDeb, type DebArchive} from '../archive/broken-deb.ts'
import {type DebTars, unpackDebs} from '../archive/deb-archive.ts'
import {mergedUsr} from '../archive/merged-usr.ts'
import {readPackageTree} from '../archive/read-package-tree.ts'
import {PackageTable} from './package-table.ts'
import {addPrograms} from './programs.ts'

/** Raised when the same packages would now give another directory. */
export const toolTreeRevision = 1

/** A package with tools. */
export interface ToolArchive extends DebArchive {
  readonly name: string
  readonly version: string
  readonly sha256: string
}

export interface UnpackToolsOptions {
  /** Architecture of the programs and of this machine. */
  readonly arch: Arch
  /** Host path of a directory for unpacked archives, which is removed afterwards. */
  readonly scratch: string
  readonly signal: AbortSignal
}

/** Texts for people. Everything else may be read by a program. */
const omitted = /^\/usr\/share\/(?:doc|doc-base|man|info|locale|lintian|bug|bash-completion|common-licenses)\//

/**
 * Unpacks packages into a directory, and makes their programs runnable there.
 *
 * No script of a package runs. No file is written through a symlink, and no symlink leads out of the directory. Fails with
 * PACKAGE_INVALID.
 */
export async function unpackTools(
  directory: string,
  archives: readonly ToolArchive[],
  {arch, scratch, signal}: UnpackToolsOptions,
): Promise<void> {
  await mkdir(scratch)
  try {
    const entries = new Map<string, TreeEntry>()
    const owners = new Map<string, DebArchive>()
    const tars = await unpackDebs(archives, {scratch, signal})
    for (const {data, archive} of tars) {
      for await (const entry of readPackageTree(data, archive)) {
        const path = mergedUsr(entry.path)
        if (omitted.test(path)) continue
        const target = entry.type === 'hardlink' ? {target: mergedUsr(entry.target ?? '')} : {}
        entries.set(path, {...entry, ...target, path})
        owners.set(path, archive)
      }
    }
    refuseBelowLinks(entries, owners)
    for (const entry of withParents(entries.values())) {
      signal.throwIfAborted()
      await place(directory, entry)
    }
    const versions = new Map(identities(tars, archives))
    const owned = [...owners].map(([path, {label}]) => ({path, version: versions.get(label) ?? ''}))
    await addPrograms(directory, owned, arch)
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

/** Writing below a symlink would follow it. */
function refuseBelowLinks(entries: ReadonlyMap<string, TreeEntry>, owners: ReadonlyMap<string, DebArchive>): void {
  for (const [path, archive] of owners) {
    const parent = parentsOf(path).find((item) => (entries.get(item)?.type ?? 'directory') !== 'directory')
    if (parent !== undefined) throw brokenDeb(archive, `${path} is below ${parent}, which is not a directory`)
  }
}

async function place(directory: string, {path, type, mode, target = '', content}: TreeEntry): Promise<void> {
  const host = join(directory, path)
  if (type === 'directory') {
    if (path !== '/') await mkdir(host)
  } else if (type === 'symlink') {
    await symlink(insideTarget(path, target), host)
  } else if (type === 'hardlink') {
    await link(join(directory, target), host)
  } else {
    // Nobody becomes another user by a program here.
    const bytes = content === undefined ? new Uint8Array() : await readContent(content)
    await writeFile(host, bytes, {flag: 'wx', mode: (mode & 0o111) === 0 ? 0o644 : 0o755})
  }
}

/** A symlink's target as it would be if the directory were the root, relative to the symlink. */
function insideTarget(path: string, target: string): string {
  const parent = posix.dirname(path)
  return posix.relative(parent, mergedUsr(posix.resolve(parent, target))) || '.'
}

/** Labels of packages, each with what decides what its programs do: its version, and the digests of all packages that it needs. */
function* identities(tars: readonly DebTars[], archives: readonly ToolArchive[]): Generator<[string, string]> {
  const table = new PackageTable()
  for (const {controlFiles} of tars) table.add(controlFiles.control, '')
  const digests = new Map(archives.map(({name, sha256}) => [name, sha256]))
  for (const {name, version, label} of archives) {
    const digest = digestOf(table.closure([name]).map((item) => [item.name, digests.get(item.name)]))
    yield [label, `${version.replace(/^\d+:/, '')} sha256:${digest.slice(0, 32)}`]
  }
}
