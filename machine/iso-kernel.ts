import {closeSync, openSync} from 'node:fs'
import {lstat, readFile} from 'node:fs/promises'
import {basename, join, posix} from 'node:path'
import {HaosError} from '#dsl'
import {runTool} from '#engine'
import {IsoImage, parseDefaultEntry} from '#formats'
import {menuPath, renderKernelArguments} from '#layout'
import {type XorrisoExtractOptions, xorrisoExtract, xorrisoLinks} from '#tools'
import type {DiskSurroundings} from './disk-file.ts'
import type {DirectKernel} from './machine-options.ts'

/**
 * Extracts kernel and initrd from an ISO, so that they can be booted with a longer command line.
 *
 * The menu's arguments are read from the menu, so the guest differs only in the appended words.
 * Fails with ARTIFACT_INVALID if the ISO has no menu of haos-build.
 */
export async function extractIsoKernel(
  iso: string,
  append: string,
  {directory, toolbox}: DiskSurroundings,
): Promise<DirectKernel> {
  const options = {
    toolbox,
    scratch: directory,
    epoch: 0,
    signal: new AbortController().signal,
    log: join(directory, 'xorriso.log'),
  }
  const extract = (files: XorrisoExtractOptions['files']) => runTool(xorrisoExtract, {iso, files}, options)
  const menu = join(directory, 'grub.cfg')
  if (!holds(iso, menuPath)) throw noSuchFile(iso, menuPath)
  await extract([{from: menuPath, to: menu}])
  await refuseLinks(iso, [menu])
  const entry = parseDefaultEntry(await readFile(menu, 'utf8'))
  if (entry?.kernel === undefined) {
    throw new HaosError('ARTIFACT_INVALID', `${iso} has no menu entry with a kernel in ${menuPath}`, {
      hint: 'Boot it without an appended command line, or pass kernel and initrd separately.',
      at: iso,
    })
  }
  // xorriso does not follow symlinks, and the path of the kernel contains the symlink `current`.
  const links = parseLinks(await runTool(xorrisoLinks, {iso}, options))
  const kernel = join(directory, 'vmlinuz')
  const initrd = entry.initrd === undefined ? undefined : join(directory, 'initrd')
  const files = [
    {from: followLinks(entry.kernel, links), to: kernel},
    ...(entry.initrd !== undefined && initrd !== undefined
      ? [{from: followLinks(entry.initrd, links), to: initrd}]
      : []),
  ]
  for (const {from} of files) if (!holds(iso, from)) throw noSuchFile(iso, from)
  await extract(files)
  await refuseLinks(
    iso,
    files.map(({to}) => to),
  )
  return {kernel, initrd, cmdline: `${renderKernelArguments(entry.arguments)} ${append}`.trim()}
}

/** A symlink extracted from an untrusted ISO could lead to a file of this machine. */
async function refuseLinks(iso: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await lstat(path)).isFile()) continue
    throw new HaosError('ARTIFACT_INVALID', `${iso} has a symlink instead of ${basename(path)}`, {
      hint: 'Boot it without an appended command line, or do not boot it.',
      at: iso,
    })
  }
}

function holds(iso: string, path: string): boolean {
  const fd = openSync(iso, 'r')
  try {
    return IsoImage.open(fd, iso).find(path) !== undefined
  } finally {
    closeSync(fd)
  }
}

const noSuchFile = (iso: string, path: string): HaosError =>
  new HaosError('ARTIFACT_INVALID', `${iso} has no ${path}, which is needed to boot its kernel with other arguments`, {
    hint: 'Boot it without an appended command line, or pass kernel and initrd separately.',
    at: iso,
  })

/** Parses the symlinks that xorriso lists: path and target, both in single quotes. */
export const parseLinks = (listing: string): Map<string, string> =>
  new Map([...listing.matchAll(/ '(\/.*)' -> '(.*)'$/gm)].map(([, path = '', target = '']) => [path, target]))

/** Resolves a path whose directories may be symlinks. Follows at most eight, which also ends a loop. */
export function followLinks(path: string, links: ReadonlyMap<string, string>): string {
  let found = path
  for (let followed = 0; followed < 8; followed++) {
    const link = [...links].find(([from]) => found === from || found.startsWith(`${from}/`))
    if (!link) return found
    const [from, target] = link
    found = posix.join(posix.resolve(posix.dirname(from), target), found.slice(from.length))
  }
  return found
}
