import {layerList, type Release, releaseFile, releaseSignatures} from '#layout'
import {type Host, mkdirAll} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {encodeUtf8} from '../text/utf8.ts'
import type {Candidate} from './candidate.ts'
import type {InstalledRelease} from './installed.ts'
import type {Place} from './place.ts'

export type PartName = 'own' | 'kernel' | 'kubernetes'

/** A part of a release, and the directory that it gets on the node. */
export interface PartCopy {
  readonly part: PartName
  /** Name of its directory in the release. */
  readonly from: string
  /** Name of its directory on the node. */
  readonly version: string
  readonly files: readonly PartFile[]
  /** It is on the node already, with the same bytes. */
  readonly isThere: boolean
}

export interface PartFile {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** How a part of the release comes to the node; undefined if the release does not have it. */
export function planPart(host: Host, place: Place, {release}: Candidate, part: PartName): PartCopy | undefined {
  const found = filesOf(place, release, part)
  const [first] = found
  if (first === undefined) return undefined
  const files = found.map(({name, sizeBytes, sha256}) => ({name, sizeBytes, sha256}))
  const isTaken = (version: string) => host.lstat(place.paths[part].of(version)) !== undefined
  const isSame = (version: string) => isTaken(version) && holds(host, place.paths[part].of(version), files)
  // Another build may have, or have had, the same version. The kernel's own comes first in the name, for stage 0 to find its modules.
  const other = `${first.version}+${digestOf(host, files).slice(0, 8)}`
  const version = [first.version, other].find(isSame) ?? (isTaken(first.version) ? other : first.version)
  return {part, from: first.version, version, files, isThere: isSame(version)}
}

/** Whether the files of an installed release still have the digests with which they came. Parts of other releases are not looked at. */
export function isWhole(host: Host, place: Place, {parts, description}: InstalledRelease): boolean {
  return (['own', 'kernel', 'kubernetes'] as const).every((part) => {
    const installed = parts[part]
    const files = description === undefined ? [] : filesOf(place, description, part)
    const cameWithIt = files.some(({version}) => installed === version || installed?.startsWith(`${version}+`))
    if (installed === undefined) return true
    const directory = place.paths[part].of(installed)
    return host.list(directory) !== undefined && (!cameWithIt || holds(host, directory, files))
  })
}

/** Files of a part of a release, with the name of their directory in it. */
export const filesOf = (place: Place, {files}: Release, part: PartName): (PartFile & {readonly version: string})[] =>
  files.flatMap(({path, ...file}) => {
    const [top, version = '', name = ''] = path.split('/')
    return top === nameOf(place, part) ? [{version, name, ...file}] : []
  })

/** Copies a part under a temporary name, checks what was written, and gives it its name. */
export function copyPart(host: Host, place: Place, candidate: Candidate, copy: PartCopy): void {
  const {part, from, version, files} = copy
  const paths = place.paths[part]
  const next = unfinished(place, copy)
  mkdirAll(host, next)
  const strange = (host.list(next) ?? []).filter((name) => !files.some((file) => file.name === name))
  for (const name of strange) runOrThrow(host, ['rm', '-rf', `${next}/${name}`])
  for (const file of files) {
    const to = `${next}/${file.name}`
    // An interrupted upgrade may have left it.
    if (holds(host, next, [file])) continue
    try {
      candidate.copyFile(`${nameOf(place, part)}/${from}/${file.name}`, to)
    } catch (error) {
      // On a disk that is full, the rest of the node needs its space.
      runOrThrow(host, ['rm', '-f', to])
      throw error
    }
    host.chmod(to, part === 'kubernetes' ? 0o755 : 0o644)
  }
  if (part === 'own') {
    host.write(`${next}/${layerList}`, `${files.map(({name}) => name).join('\n')}\n`)
    const {text, signatures} = candidate.document
    host.write(`${next}/${releaseFile}`, text)
    if (signatures !== undefined) host.write(`${next}/${releaseSignatures.file}`, signatures)
  }
  if (!holds(host, next, files)) {
    runOrThrow(host, ['rm', '-rf', next])
    throw new Error(`${candidate.origin} is damaged: its files do not have the digests of ${releaseFile}`)
  }
  runOrThrow(host, ['sync'])
  runOrThrow(host, ['rm', '-rf', paths.of(version)])
  runOrThrow(host, ['mv', '-T', next, paths.of(version)])
}

/** Name of the directory of a part that is not complete. */
export const unfinishedName = (version: string): string => `.${version}.new`

const unfinished = (place: Place, {part, version}: PartCopy): string => place.paths[part].of(unfinishedName(version))

/** Bytes that are to be written, at most: without the files of an interrupted upgrade. */
export function copyBytes(host: Host, place: Place, {isStaged}: Candidate, copies: readonly PartCopy[]): number {
  const missing = copies.flatMap((copy) => {
    if (copy.isThere) return []
    const next = unfinished(place, copy)
    return copy.files.filter(({name, sizeBytes}) => host.lstat(`${next}/${name}`)?.sizeBytes !== sizeBytes)
  })
  const sizes = missing.map(({sizeBytes}) => sizeBytes)
  return sizes.reduce((sum, size) => sum + size, 0) + (isStaged ? Math.max(0, ...sizes) : 0)
}

/** All files are in the directory, with the right bytes. */
export function holds(host: Host, directory: string, files: readonly PartFile[]): boolean {
  if (files.some(({name, sizeBytes}) => host.lstat(`${directory}/${name}`)?.sizeBytes !== sizeBytes)) return false
  const stdin = files.map(({name, sha256}) => `${sha256}  ${directory}/${name}\n`).join('')
  return host.run(['sha256sum', '-c'], {stdin, output: 'discard'}).status === 0
}

const digestOf = (host: Host, files: readonly PartFile[]): string =>
  host.sha256(encodeUtf8(files.map(({name, sha256}) => `${sha256}  ${name}\n`).join('')))

const nameOf = (place: Place, part: PartName): string => place.paths[part].directory.split('/').at(-1) ?? ''
