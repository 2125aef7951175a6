import {releaseFile} from '#layout'
import type {CommandContext} from '../cli/command-context.ts'
import type {Host} from '../host/host.ts'
import {renderSize} from '../install/disks.ts'
import {type InstalledRelease, readInstalled} from './installed.ts'
import {filesOf, holds, type PartFile} from './part-copy.ts'
import {type Place, placeOf} from './place.ts'

/** Reads every file of the installed versions, and prints which no longer has the bytes with which it came. Returns 1 if there is one. */
export function verifyCommand({host, identity, print, printError}: CommandContext): number {
  const place = placeOf(identity)
  const {current, previous, others} = readInstalled(host, place)
  let damaged = 0
  for (const release of [current, ...(previous === undefined ? [] : [previous]), ...others]) {
    if (release.description === undefined) {
      const lost = whatIsLost(host, place.paths.own.of(release.parts.own))
      if (lost !== undefined) damaged++
      print(`${release.id}: ${lost ?? 'says nothing about its files, which cannot be checked'}`)
      continue
    }
    const files = installedFiles(place, release)
    const problems = files.flatMap(({directory, ...file}) => problemOf(host, directory, file) ?? [])
    damaged += problems.length
    const bytes = files.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
    if (problems.length === 0) print(`${release.id}: ${files.length} files, ${renderSize(bytes)}, as they came`)
    for (const problem of problems) print(`${release.id}: ${problem}`)
  }
  if (damaged === 0) return 0
  printError(
    `${identity.name}: the disk has changed what was installed: look at its health (smartctl), and install the release again, by \`${identity.name} upgrade\`, which puts a whole copy beside the damaged one`,
  )
  return 1
}

/** What is wrong with a version that cannot be read; undefined if it never had a description, as those of older images. */
function whatIsLost(host: Host, directory: string): string | undefined {
  if (host.list(directory) === undefined) return `${directory} is missing`
  const description = `${directory}/${releaseFile}`
  return host.lstat(description) === undefined ? undefined : `${description} cannot be read`
}

/** The files that came with a release. Parts that stayed from another release are listed with that one. */
const installedFiles = (place: Place, {parts, description}: InstalledRelease) =>
  (['own', 'kernel', 'kubernetes'] as const).flatMap((part) => {
    const installed = parts[part]
    if (installed === undefined || description === undefined) return []
    return filesOf(place, description, part)
      .filter(({version}) => installed === version || installed.startsWith(`${version}+`))
      .map((file) => ({...file, directory: place.paths[part].of(installed)}))
  })

/** What is wrong with a file; undefined if nothing. */
function problemOf(host: Host, directory: string, file: PartFile): string | undefined {
  const path = `${directory}/${file.name}`
  const found = host.lstat(path)
  if (found === undefined) return `${path} is missing`
  if (found.sizeBytes !== file.sizeBytes) return `${path} has ${found.sizeBytes} bytes instead of ${file.sizeBytes}`
  return holds(host, directory, [file]) ? undefined : `${path} has other bytes than it came with`
}
