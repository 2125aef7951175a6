import {HaosError, nearest} from '#dsl'
import type {LockedPackage} from '#image'
import {parseRelations, parseStanzas} from '../archive/deb822.ts'
import type {AptRoot} from './apt-root.ts'

/** A package in a recipe: `name` or `name=version`. */
const wanted = /^([a-z0-9][a-z0-9+.-]+)(?:=([A-Za-z0-9.+:~-]+))?$/

/**
 * Resolves names to a set that can be installed into an empty root: with dependencies and essential packages.
 * `options` are arguments for apt-get, such as those of pins.
 */
export async function resolveSystem(
  names: readonly string[],
  apt: AptRoot,
  options: readonly string[] = [],
): Promise<LockedPackage[]> {
  await checkNames(names, apt)
  try {
    const words = ['install', '--print-uris', '--quiet', '--yes', '?essential', ...names]
    const printed = await apt.run('apt-get', [...options, ...words])
    return parsePrintedUris(printed, apt.mirrors)
  } catch (error) {
    throw isToolFailure(error) ? conflict(error) : error
  }
}

/** Resolves names to their archives only; a metapackage stands for the package it depends on. */
export async function resolveArchives(
  names: readonly string[],
  apt: AptRoot,
  options: readonly string[] = [],
): Promise<LockedPackage[]> {
  if (names.length === 0) return []
  await checkNames(names, apt)
  const concrete = await withoutMetaPackages(names, apt)
  const printed = await apt.run('apt-get', [...options, 'download', '--print-uris', '--quiet', ...concrete])
  return parsePrintedUris(printed, apt.mirrors)
}

/** Parses lines such as `'http://m/pool/main/b/bash/bash_5.2_amd64.deb' bash_1%3a5.2_amd64.deb 1234 SHA256:ab…`. */
export function parsePrintedUris(printed: string, mirrors: ReadonlyMap<string, string>): LockedPackage[] {
  const packages = printed.split('\n').flatMap((line): LockedPackage[] => {
    const match = /^'([^']+)' (\S+)_(\S+)_([^_\s]+)\.deb (\d+) SHA256:([0-9a-f]{64})$/.exec(line)
    if (match === null) return []
    const [, uri = '', name = '', version = '', arch = '', size = '', sha256 = ''] = match
    const {archive, path} = placeOf(uri, mirrors)
    return [{name, version: decodeURIComponent(version), arch, archive, path, sizeBytes: Number(size), sha256}]
  })
  return packages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.arch < b.arch ? -1 : 1))
}

function placeOf(uri: string, mirrors: ReadonlyMap<string, string>): {archive: string; path: string} {
  // The longest first: one mirror may lie below another, such as debian-security below debian.
  const sorted = [...mirrors].sort(([, a], [, b]) => b.length - a.length)
  for (const [archive, mirror] of sorted) {
    const base = `${comparable(mirror)}/`
    if (comparable(uri).startsWith(base)) return {archive, path: decodeURIComponent(comparable(uri).slice(base.length))}
  }
  throw new Error(`apt gave ${uri}, which is on none of the mirrors that it was given`)
}

/** apt drops the empty host of `file:///` and the credentials of a mirror. */
const comparable = (uri: string): string =>
  uri.replace(/^file:\/\/(?=\/)/, 'file:').replace(/^(https?:\/\/)[^/@]*@/, '$1')

/** apt treats an unknown name as a pattern or a task, so names are checked first. Reports all unknown names. */
async function checkNames(names: readonly string[], apt: AptRoot): Promise<void> {
  const known = new Set((await apt.run('apt-cache', ['pkgnames'])).split('\n'))
  const problems = []
  for (const word of names) {
    const [, name = '', version] = wanted.exec(word) ?? []
    if (!known.has(name)) {
      problems.push({path: word, message: 'is not a package', ...hintFor(word, known)})
    } else if (version !== undefined) {
      const versions = await versionsOf(name, apt)
      if (!versions.includes(version)) {
        problems.push({
          path: word,
          message: `is not a version of ${name}`,
          hint: `There is ${versions.join(', ') || 'none'}.`,
        })
      }
    }
  }
  if (problems.length === 0) return
  const list = problems.map(({path}) => `"${path}"`).join(', ')
  throw new HaosError('PACKAGE_NOT_FOUND', `no package ${list} in ${[...apt.mirrors.values()].join(', ')}`, {
    hint: problems[0]?.hint ?? 'Check the spelling, or add the component that holds it to `components`.',
    problems,
  })
}

/** The name of a firmware package is usually correct, and missing only because its component is not enabled. */
function hintFor(word: string, known: ReadonlySet<string>): {readonly hint?: string} {
  if (/^firmware-|-firmware$|-microcode$/.test(word))
    return {hint: "Add the component that holds firmware: debian({components: ['main', 'non-free-firmware']})."}
  const near = nearest(word, known)
  return near === undefined ? {} : {hint: `Did you mean ${near}?`}
}

async function versionsOf(name: string, apt: AptRoot): Promise<string[]> {
  const printed = await apt.run('apt-cache', ['madison', name])
  return [...new Set(printed.split('\n').flatMap((line) => line.split('|')[1]?.trim() ?? []))]
}

/** Maximum number of metapackages before a real one: `linux-image-amd64` needs one. */
const metaDepth = 3

/**
 * Follows metapackages with a single versioned dependency, such as the kernel's:
 * `linux-image-amd64` contains only the dependency `linux-image-6.12.48+deb13-amd64 (= 6.12.48-1)`.
 */
async function withoutMetaPackages(names: readonly string[], apt: AptRoot): Promise<string[]> {
  let current = [...names]
  for (let depth = 0; depth < metaDepth; depth++) {
    const stanzas = parseStanzas(await apt.run('apt-cache', ['show', '--no-all-versions', ...current]))
    const next = new Map(
      stanzas.flatMap((stanza): [string, string][] => {
        const [group, ...others] = parseRelations(stanza.get('depends'))
        const [only, ...alternatives] = group ?? []
        if (only === undefined || others.length + alternatives.length > 0) return []
        const isMeta = only.version?.startsWith('=') && Number(stanza.get('installed-size')) < metaKibibytes
        return isMeta ? [[stanza.get('package') ?? '', only.name]] : []
      }),
    )
    const followed = current.map((name) => next.get(name) ?? name)
    if (followed.every((name, index) => name === current[index])) break
    current = followed
  }
  return [...new Set(current)]
}

/** Even a metapackage has a changelog and a copyright file: 13 KiB for the kernel's. */
const metaKibibytes = 64

const isToolFailure = (error: unknown): error is HaosError => error instanceof HaosError && error.code === 'TOOL_FAILED'

/** apt's own explanation, without its general advice. */
function conflict(cause: HaosError): HaosError {
  const {output = '', log, command} = cause.details
  const lines = output.split('\n')
  const start = lines.findIndex((line) => line.startsWith('The following packages have unmet dependencies'))
  return new HaosError('PACKAGE_CONFLICT', 'the packages cannot be installed together', {
    hint: 'Leave out one of the packages that exclude each other, or choose another version with `name=version`.',
    output: lines.slice(start + 1).join('\n'),
    log,
    command,
    cause,
  })
}
