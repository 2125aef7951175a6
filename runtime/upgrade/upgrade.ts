import type {Identity} from '#dsl'
import {bootCommandsFile, efiLoaderNames, renderBootCommands} from '#layout'
import {freeBytesAt} from '../host/free-bytes.ts'
import type {Host} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {renderSize} from '../install/disks.ts'
import {consolesOf} from '../install/read-source.ts'
import {refuseLongCommandLines} from '../install/refuse-long-command-lines.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {readTrial, stateOfTrial, writeTrial} from './boot-trial.ts'
import type {Candidate} from './candidate.ts'
import {
  adoptReleases,
  dropPrevious,
  type Installed,
  type InstalledRelease,
  type Parts,
  readInstalled,
  switchRelease,
  writeRelease,
} from './installed.ts'
import {copyBytes, copyPart, type PartName, planPart} from './part-copy.ts'
import type {Place} from './place.ts'
import {pruneReleases} from './prune.ts'
import {checkSignature} from './signature/check-signature.ts'

export interface UpgradeRequest {
  readonly identity: Identity
  readonly place: Place
  readonly candidate: Candidate
  /** Parts of the release that are taken; the others stay as they are. */
  readonly wanted: readonly PartName[]
  /** How the new version has to prove itself. */
  readonly trial: {readonly boots: number; readonly minutes: number}
  /** Also a release that has failed here. */
  readonly force: boolean
  /** Also a release whose signature is missing or wrong. */
  readonly skipSignature: boolean
  readonly log: (line: string) => void
}

export type UpgradeResult =
  | {readonly kind: 'unchanged'; readonly id: string}
  | {readonly kind: 'upgraded'; readonly id: string; readonly isOnTrial: boolean}

/** What stays free for logs, images and the file system itself. */
const marginBytes = 32 * 2 ** 20

/**
 * Installs a release beside the current one and makes it current, by one rename.
 *
 * Nothing that boots is touched before everything is on the disk, so that the upgrade can be interrupted anywhere and run again.
 * Throws an Error with the reason if the release cannot be used.
 */
export function upgrade(host: Host, request: UpgradeRequest): UpgradeResult {
  const {place, candidate, wanted, trial, log, identity} = request
  const {document, origin} = candidate
  checkSignature(host, {identity, root: place.root, document, origin, skip: request.skipSignature, log})
  const installed = readInstalled(host, place)
  const {current} = installed
  const copies = wanted.flatMap((part) => planPart(host, place, candidate, part) ?? [])
  const parts = {...current.parts, ...Object.fromEntries(copies.map(({part, version}) => [part, version]))}
  const trialState = stateOfTrial(host, place, request.identity)
  if (trialState.kind === 'going-back')
    throw new Error(`this node is going back from ${trialState.release}: try again once its services have started`)
  if (isSame(parts, current.parts)) return {kind: 'unchanged', id: current.id}
  if (trialState.kind === 'running')
    throw new Error(
      `${current.id} runs on trial: upgrade once that is over, or go back first, by \`${request.identity.name} rollback\``,
    )
  const id = nameRelease(host, parts, installed)
  if (!request.force) refuseFailed(installed, id)
  const proven = provenOf(host, place, installed)
  // A version that was never booted must not be booted without being counted, whatever becomes of this upgrade.
  if (proven !== current) switchRelease(host, place, {current: proven.id, previous: proven.id})
  writeTrial(host, place, undefined)
  if (id === proven.id) return {kind: 'upgraded', id, isOnTrial: false}
  adoptReleases(host, place)
  pruneReleases(host, place, parts)
  const neededBytes = copyBytes(host, place, candidate, copies) + marginBytes
  if (freeBytes(host, place) < neededBytes && installed.previous !== undefined && proven === current) {
    log(`Deleting ${installed.previous.id}: there is no space for a third version`)
    dropPrevious(host, place)
    pruneReleases(host, place, parts)
  }
  requireSpace(host, place, neededBytes)
  for (const copy of copies.filter(({isThere}) => !isThere)) {
    log(`Copying ${copy.part === 'own' ? 'the system' : copy.part} ${copy.version}`)
    copyPart(host, place, candidate, copy)
  }
  writeRelease(host, place, {id, parts})
  writeBootCommands(host, request, installed, id)
  runOrThrow(host, ['sync'])
  host.write(place.next, `${id}\n`)
  // Before the switch: the boot of another version ends the trial, and one of this version is always counted.
  writeTrial(host, place, {release: id, ...trial})
  switchRelease(host, place, {current: id, previous: proven.id})
  return {kind: 'upgraded', id, isOnTrial: readTrial(host, place) !== undefined}
}

/** The release to go back to: not one that is on trial itself, and may never have been booted. */
function provenOf(host: Host, place: Place, {current, previous}: Installed): InstalledRelease {
  return readTrial(host, place)?.release === current.id ? (previous ?? current) : current
}

const isSame = (a: Parts, b: Parts): boolean =>
  a.own === b.own && a.kernel === b.kernel && a.kubernetes === b.kubernetes

/** Name of a release: that of the system, unless another combination of parts has it. */
function nameRelease(host: Host, parts: Parts, {current, previous, others}: Installed): string {
  const known = [current, ...(previous === undefined ? [] : [previous]), ...others]
  const same = known.find((release) => isSame(release.parts, parts))
  if (same !== undefined) return same.id
  if (known.every(({id}) => id !== parts.own)) return parts.own
  const digest = host.sha256(encodeUtf8(JSON.stringify([parts.own, parts.kernel, parts.kubernetes])))
  return `${parts.own}+${digest.slice(0, 8)}`
}

function refuseFailed({previous, others}: Installed, id: string): void {
  const failed = [...(previous === undefined ? [] : [previous]), ...others].find((release) => release.id === id)
  if (failed?.failure !== undefined)
    throw new Error(`${id} has failed on this node: ${failed.failure}. --force tries it again.`)
}

function requireSpace(host: Host, place: Place, neededBytes: number): void {
  const free = freeBytes(host, place)
  if (free < neededBytes)
    throw new Error(
      `there are ${renderSize(free)} free, and the release needs ${renderSize(neededBytes)}: make room in /var, /home or /opt`,
    )
}

const freeBytes = (host: Host, {paths}: Place): number =>
  freeBytesAt(host, paths.own.directory) ?? Number.POSITIVE_INFINITY

/** The commands that load its kernel, if its arguments are not those of the menu. */
function writeBootCommands(
  host: Host,
  {identity, place, candidate, wanted}: UpgradeRequest,
  {current}: Installed,
  id: string,
): void {
  const {release} = place.paths
  const inherited = `${release.of(current.id)}/${bootCommandsFile}`
  const {boot} = wanted.includes('own') ? candidate.release : (current.description ?? candidate.release)
  const isUsual = boot.cmdline.join(' ') === current.description?.boot.cmdline.join(' ')
  if (isUsual && host.lstat(inherited) === undefined) return
  const consoles = consolesOf(host.read('/proc/cmdline') ?? '', undefined)
  refuseLongCommandLines({identity, boot, consoles, debug: false}, efiLoaderNames[candidate.release.arch])
  host.write(`${release.of(id)}/${bootCommandsFile}`, renderBootCommands({identity, boot, consoles}))
}
