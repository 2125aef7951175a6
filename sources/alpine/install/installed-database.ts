import type {DirectoryAccess} from '../../root-tree.ts'
import {type ApkPackage, scriptKinds} from '../unpack/unpack-apk.ts'

/** The recorded files of a package in a directory. */
export interface RecordedDirectory {
  /** Without a leading slash; empty for the root. */
  readonly path: string
  readonly access: DirectoryAccess
  readonly files: Map<string, RecordedFile>
}

export interface RecordedFile {
  readonly access: DirectoryAccess
  /** `Q1` and a digest in base64, for files and links. */
  readonly checksum: string | undefined
  /** The same for the extended attributes, if there are any. */
  readonly xattrs: string | undefined
}

/** A package with the paths that it owns, directories in the order of its archive. */
export interface InstalledPackage {
  readonly pkg: ApkPackage
  readonly directories: ReadonlyMap<string, RecordedDirectory>
}

/**
 * The text of `lib/apk/db/installed`, as apk 2.14 writes it: packages sorted by name.
 *
 * What a package without files replaces is written with the next package that has some: apk holds those lines back until
 * it reaches a directory, and this file is the same as apk's to the byte.
 */
export function renderInstalled(packages: readonly InstalledPackage[], arch: string): string {
  const lines: string[] = []
  let pending: string[] = []
  const sorted = packages.toSorted((a, b) => Buffer.compare(Buffer.from(a.pkg.info.name), Buffer.from(b.pkg.info.name)))
  for (const {pkg, directories} of sorted) {
    lines.push(...packageLines(pkg, arch))
    pending.push(...replacesLines(pkg))
    if (directories.size > 0) {
      lines.push(...pending)
      pending = []
    }
    for (const directory of directories.values()) lines.push(...directoryLines(directory))
    lines.push('')
  }
  return [...lines, ...pending].map((line) => `${line}\n`).join('')
}

function* packageLines({info, checksum, sizeBytes}: ApkPackage, arch: string): Generator<string> {
  const one = (key: string) => info.values(key)[0]
  const all = (key: string) => info.values(key).join(' ')
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    ['C', checksum],
    ['P', info.name],
    ['V', info.version],
    // An index lists `noarch` packages under the architecture of its repository.
    ['A', arch],
    ['S', sizeBytes],
    ['I', info.installedBytes],
    ['T', one('pkgdesc')],
    ['U', one('url')],
    ['L', one('license')],
    ['o', one('origin')],
    ['m', one('maintainer')],
    ['t', info.buildDate || undefined],
    ['c', one('commit')],
    ['k', one('provider_priority')],
    ['D', all('depend')],
    ['p', all('provides')],
    ['i', all('install_if')],
  ]
  for (const [key, value] of fields) if (value !== undefined && value !== '') yield `${key}:${value}`
}

function* replacesLines({info}: ApkPackage): Generator<string> {
  const replaced = info.values('replaces')
  if (replaced.length > 0) yield `r:${replaced.join(' ')}`
  const [priority] = info.values('replaces_priority')
  if (priority !== undefined) yield `q:${priority}`
}

function* directoryLines({path, access, files}: RecordedDirectory): Generator<string> {
  yield `F:${path}`
  if (access.mode !== 0o755 || access.uid !== 0 || access.gid !== 0) yield `M:${accessText(access)}`
  for (const [name, {access: own, checksum, xattrs}] of files) {
    yield `R:${name}`
    const sum = xattrs === undefined ? '' : `:${xattrs}`
    if (own.mode !== 0o644 || own.uid !== 0 || own.gid !== 0 || sum !== '') yield `a:${accessText(own)}${sum}`
    if (checksum !== undefined) yield `Z:${checksum}`
  }
}

const accessText = ({uid, gid, mode}: DirectoryAccess): string => `${uid}:${gid}:${mode.toString(8)}`

/** The text of `lib/apk/db/triggers`: which package's trigger runs for changes in which directories. */
export const renderTriggers = (packages: readonly ApkPackage[]): string =>
  packages
    .map(({checksum, info}) => ({checksum, directories: info.values('triggers').join(' ').trim()}))
    .filter(({directories}) => directories !== '')
    .map(({checksum, directories}) => `${checksum} ${directories}\n`)
    .join('')

/** The bytes of `lib/apk/db/scripts.tar`, which apk needs to upgrade or remove a package. */
export function renderScripts(packages: readonly ApkPackage[]): Buffer {
  const blocks = packages.flatMap((pkg) =>
    scriptKinds.flatMap((kind) => {
      const script = pkg.scripts.get(kind)
      return script ? scriptBlocks(`${pkg.label}.${pkg.checksum}.${kind}`, script, pkg.info.buildDate) : []
    }),
  )
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** A tar member exactly as apk writes it: GNU's magic, names of owners, no device numbers. */
function scriptBlocks(name: string, content: Buffer, mtime: number): Buffer[] {
  const header = Buffer.alloc(512)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(name, 0, 99, 'utf8')
  header.write(`0000755\u00000000000\u00000000000\u0000${octal(content.length, 12)}${octal(mtime, 12)}`, 100)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar  ', 257)
  header.write('root', 265)
  header.write('root', 297)
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\u0000 `,
    148,
  )
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]
}
