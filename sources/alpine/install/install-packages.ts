import {createHash} from 'node:crypto'
import {HaosError, parentOf} from '#dsl'
import {readContent, type TreeEntry} from '#formats'
import {type DirectoryAccess, RootTree} from '../../root-tree.ts'
import {isValidVersion, matchesVersion, parseComparison} from '../index/version.ts'
import type {PackagedEntry} from '../unpack/data-scanner.ts'
import type {ApkPackage, ScriptKind} from '../unpack/unpack-apk.ts'
import {
  type InstalledPackage,
  type RecordedDirectory,
  renderInstalled,
  renderScripts,
  renderTriggers,
} from './installed-database.ts'
import {matchesGlob} from './matches-glob.ts'
import {TargetAccounts} from './target-accounts.ts'

export interface InstallOptions {
  /** Lines of `etc/apk/world`. */
  readonly world: readonly string[]
  /** Alpine's name of the architecture. */
  readonly arch: string
  /** Lines of `etc/apk/repositories`. Default: the file is not written. */
  readonly repositories?: readonly string[] | undefined
  /** Public keys for `etc/apk/keys`, in addition to those that packages install. */
  readonly keys?: ReadonlyMap<string, string> | undefined
  /** Performs what a script does. Default: scripts are skipped, as with `apk --no-scripts`. */
  readonly runScript?: ((run: ScriptRun) => Promise<void>) | undefined
}

/** A script that is due. */
export interface ScriptRun {
  readonly pkg: ApkPackage
  readonly kind: ScriptKind
  readonly script: Buffer
  readonly root: RootTree
  /** Directories that changed, for a trigger. */
  readonly directories: readonly string[]
}

/** Installs packages in the given order into an empty root, as `apk add --initdb` does. Throws PATH_CONFLICT. */
export async function installPackages(packages: readonly ApkPackage[], options: InstallOptions): Promise<RootTree> {
  const root = new RootTree()
  initialise(root, options)
  const installed: Installation[] = []
  const run = async (pkg: ApkPackage, kind: ScriptKind, directories: readonly string[] = []) => {
    const script = pkg.scripts.get(kind)
    if (script === undefined || options.runScript === undefined) return
    root.makeDirectories('/tmp', 0o1777)
    if (!root.has('/lib/apk/exec')) root.makeDirectories('/lib/apk/exec', 0o700)
    await options.runScript({pkg, kind, script, root, directories})
  }
  let accounts = await readAccounts(root)
  for (const pkg of packages) {
    if (pkg.scripts.has('pre-install')) {
      await run(pkg, 'pre-install')
      accounts = await readAccounts(root)
    }
    const item: Installation = {pkg, directories: new Map()}
    installed.push(item)
    try {
      for (const packaged of pkg.entries) place(packaged, {item, installed, root, accounts})
    } catch (error) {
      throw namedAfter(pkg, error)
    }
    if (pkg.entries.some(({entry}) => entry.path === '/etc/passwd' || entry.path === '/etc/group'))
      accounts = await readAccounts(root)
    if (pkg.scripts.has('post-install')) {
      await run(pkg, 'post-install')
      accounts = await readAccounts(root)
    }
  }
  const changed = [...new Set(installed.flatMap(({directories}) => [...directories.keys()]))]
  for (const pkg of packages) {
    const wanted = pkg.info.values('triggers').flatMap((line) => line.split(' '))
    const directories = changed
      .map((path) => `/${path}`)
      .filter((path) => wanted.some((glob) => matchesGlob(path, glob)))
    if (directories.length > 0) await run(pkg, 'trigger', directories)
  }
  const file = (path: string, content: string | Buffer, mode = 0o644) =>
    root.put({path, type: 'file', mode, uid: 0, gid: 0, content: {bytes: Buffer.from(content)}})
  file('/lib/apk/db/installed', renderInstalled(installed, options.arch))
  file('/lib/apk/db/triggers', renderTriggers(packages))
  file('/lib/apk/db/scripts.tar', renderScripts(packages))
  return root
}

/** Adds the package's name to a path conflict. */
function namedAfter({label}: ApkPackage, error: unknown): unknown {
  if (!(error instanceof HaosError) || error.code !== 'PATH_CONFLICT' || error.message.includes(label)) return error
  return new HaosError(error.code, `${label} cannot be installed: ${error.message}`, error.details)
}

interface Installation extends InstalledPackage {
  readonly directories: Map<string, RecordedDirectory>
}

/** Creates what `apk add --initdb` creates before the first package. */
function initialise(root: RootTree, {world, arch, repositories, keys = new Map()}: InstallOptions): void {
  const file = (path: string, text: string, mode = 0o644) =>
    root.put({path, type: 'file', mode, uid: 0, gid: 0, content: {bytes: Buffer.from(text)}})
  for (const path of ['/dev', '/etc/apk', '/lib/apk/db', '/var/cache/apk', '/var/cache/misc'])
    root.makeDirectories(path)
  root.put({path: '/tmp', type: 'directory', mode: 0o1777, uid: 0, gid: 0})
  root.put({path: '/proc', type: 'directory', mode: 0o555, uid: 0, gid: 0})
  for (const [path, mode, major, minor] of devices)
    root.put({path, type: 'character-device', mode, uid: 0, gid: 0, major, minor})
  file('/lib/apk/db/lock', '', 0o600)
  file('/etc/apk/arch', `${arch}\n`)
  const nameOf = (line: string) => Buffer.from(line.replace(/[<>=~@].*$/, ''))
  const lines = world.toSorted((a, b) => Buffer.compare(nameOf(a), nameOf(b)))
  file('/etc/apk/world', lines.map((line) => `${line}\n`).join(''))
  if (repositories) file('/etc/apk/repositories', repositories.map((line) => `${line}\n`).join(''))
  for (const [name, text] of keys) {
    root.makeDirectories('/etc/apk/keys')
    file(`/etc/apk/keys/${name}`, text)
  }
}

const devices = [
  ['/dev/null', 0o666, 1, 3],
  ['/dev/zero', 0o666, 1, 5],
  ['/dev/random', 0o666, 1, 8],
  ['/dev/urandom', 0o666, 1, 9],
  ['/dev/console', 0o600, 5, 1],
] as const

interface PlaceContext {
  readonly item: Installation
  readonly installed: readonly Installation[]
  readonly root: RootTree
  readonly accounts: TargetAccounts
}

function place({entry: packed, owner, group, sha1}: PackagedEntry, context: PlaceContext): void {
  const {item, installed, root, accounts} = context
  const entry: TreeEntry = {...packed, uid: accounts.uid(owner, packed.uid), gid: accounts.gid(group, packed.gid)}
  if (entry.type === 'directory') {
    placeDirectory(entry, context)
    return
  }
  const directory = recordDirectory(parentOf(entry.path), context)
  root.makeDirectories(parentOf(entry.path))
  const number = installed.length - 1
  const before = root.get(entry.path)
  const other = before?.owner === undefined ? undefined : installed[before.owner]
  if (other !== undefined && other !== item) {
    if (!mayReplace(item.pkg, other.pkg, entry.path)) return
    const [parent, name] = [parentOf(entry.path), entry.path.slice(entry.path.lastIndexOf('/') + 1)]
    other.directories.get(parent.slice(1))?.files.delete(name)
  }
  refuseOwnLinks(entry.path, context)
  root.put(entry, {owner: number})
  directory.files.set(entry.path.slice(entry.path.lastIndexOf('/') + 1), {
    access: {uid: entry.uid, gid: entry.gid, mode: entry.mode},
    checksum: sha1 && `Q1${sha1.toString('base64')}`,
    xattrs: xattrSum(entry),
  })
}

/** An existing directory stays unchanged, unless packages made it: then the strictest access counts, as in apk. */
function placeDirectory(entry: TreeEntry, context: PlaceContext): void {
  const {root} = context
  const wanted = {uid: entry.uid, gid: entry.gid, mode: entry.mode}
  recordDirectory(entry.path, context, wanted)
  refuseOwnLinks(entry.path, context)
  const before = root.get(entry.path)
  if (before === undefined) {
    root.makeDirectories(parentOf(entry.path))
    root.put(entry, {access: wanted})
    return
  }
  if (before.entry.type !== 'directory') {
    if (root.follow(entry.path)?.entry.type === 'directory') return
    throw new HaosError(
      'PATH_CONFLICT',
      `${context.item.pkg.label} has a directory ${entry.path}, which is a ${before.entry.type}`,
      {
        at: entry.path,
        hint: 'Leave out one of the packages.',
      },
    )
  }
  const {access} = before
  if (access === undefined) return
  const isAsLeft =
    access.uid === before.entry.uid && access.gid === before.entry.gid && access.mode === before.entry.mode
  if (!isAsLeft) return
  const next =
    wanted.uid < access.uid || (wanted.uid === access.uid && wanted.gid < access.gid)
      ? wanted
      : wanted.uid === access.uid && wanted.gid === access.gid
        ? {...access, mode: access.mode & wanted.mode}
        : access
  root.put({...before.entry, ...next}, {access: next})
}

function recordDirectory(
  path: string,
  {item}: PlaceContext,
  access: DirectoryAccess = {uid: 0, gid: 0, mode: 0o755},
): RecordedDirectory {
  const key = path.slice(1)
  const known = item.directories.get(key)
  if (known !== undefined) return known
  const made: RecordedDirectory = {path: key, access, files: new Map()}
  item.directories.set(key, made)
  return made
}

/** A package that writes through its own link writes elsewhere than it declares. */
function refuseOwnLinks(path: string, {item, installed, root}: PlaceContext): void {
  for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) {
    const at = root.get(parent)
    if (at?.entry.type !== 'symlink' || at.owner !== installed.length - 1) continue
    throw new HaosError('PACKAGE_INVALID', `${item.pkg.label} writes ${path} through its own link ${parent}`, {
      at: path,
      hint: 'Do not use this package.',
    })
  }
}

/** Whether a package may take over a path of another one (apk's `replaces`); false if the other one keeps it. */
function mayReplace(pkg: ApkPackage, other: ApkPackage, path: string): boolean {
  const priority = ({info}: ApkPackage) => Number(info.values('replaces_priority')[0] ?? 0)
  if (pkg.info.origin !== undefined && pkg.info.origin === other.info.origin) return true
  const mine = replaces(pkg, other) ? priority(pkg) : -1
  const theirs = replaces(other, pkg) ? priority(other) : -1
  if (theirs >= mine && theirs >= 0) return false
  if (mine >= 0) return true
  throw new HaosError('PATH_CONFLICT', `${pkg.label} and ${other.label} both bring ${path}`, {
    at: path,
    hint: 'Leave out one of the two: neither says that it replaces the other.',
  })
}

const replaces = ({info}: ApkPackage, other: ApkPackage): boolean =>
  info
    .values('replaces')
    .flatMap((line) => line.split(' '))
    .some((relation) => {
      const [, name, operator, version] = /^([^<>=~]+)(?:([<>=~]+)(.+))?$/.exec(relation) ?? []
      if (name !== other.info.name) return false
      if (operator === undefined || version === undefined) return true
      return isValidVersion(version) && matchesVersion(other.info.version, parseComparison(operator), version)
    })

/** The digest that apk records for extended attributes: names and values, sorted by name. */
function xattrSum({xattrs}: TreeEntry): string | undefined {
  if (xattrs === undefined) return undefined
  const hash = createHash('sha1')
  for (const [name, value] of Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(value)
  return `Q1${hash.digest('base64')}`
}

async function readAccounts(root: RootTree): Promise<TargetAccounts> {
  return new TargetAccounts({passwd: await readText(root, '/etc/passwd'), group: await readText(root, '/etc/group')})
}

/** The text of a file in the root; empty if it does not exist. */
export async function readText(root: RootTree, path: string): Promise<string> {
  const content = root.follow(path)?.entry.content
  return content === undefined ? '' : Buffer.from(await readContent(content)).toString()
}
