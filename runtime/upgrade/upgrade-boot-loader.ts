import type {Identity} from '#dsl'
import {diskBootPaths, grubCore, isDiskLoader, withGrubBootCode} from '#layout'
import type {Host} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import {type BootCode, readFile, readPresentCore} from '../install/boot-loader/boot-code.ts'
import {choosePartition, type PreparedPartition} from '../install/choose-partition.ts'
import {awaitNames, readDisks} from '../install/disks.ts'
import {type InstallStep, run, say} from '../install/install-step.ts'
import {performInstall} from '../install/perform-install.ts'
import {replaceOnFat} from '../install/replacement.ts'
import {hasOwnMenu, type Place} from './place.ts'

/**
 * Replaces the boot loader of this node by that of the version that runs, where it differs. A power cut leaves the old one or the new one.
 *
 * Only loaders of this product are replaced: the others are those of other systems. Throws an Error with the reason if it fails;
 * the old loader is then there, and boots every version.
 */
export function upgradeBootLoader(
  host: Host,
  {identity, place, log}: {readonly identity: Identity; readonly place: Place; readonly log: (line: string) => void},
): void {
  const device = deviceOf(host, place.stateMount)
  if (!hasOwnMenu(host, place) || device === undefined) return
  awaitNames(host)
  const partition = choosePartition(readDisks(host), {device, label: identity.stateLabel})
  // One after the other: a failure undoes the steps of its own list only.
  for (const steps of [efiSteps(host, identity, partition), biosSteps(host, identity, partition)])
    for (const together of steps) performInstall(host, together, {log, debug: false})
}

/** Device that is mounted at a directory. */
const deviceOf = (host: Host, directory: string): string | undefined =>
  (host.read('/proc/self/mounts') ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([source, at]) => at === directory && source?.startsWith('/dev/'))?.[0]

function efiSteps(host: Host, identity: Identity, {efi}: PreparedPartition): InstallStep[][] {
  const {efiDirectory} = diskBootPaths(identity)
  const [name] = host.list(efiDirectory) ?? []
  if (efi === undefined || name === undefined) return []
  const mount = `${identity.runDir}/loader`
  const directory = `${mount}/EFI/BOOT`
  runOrThrow(host, ['mkdir', '-p', mount])
  runOrThrow(host, ['mount', '-t', 'vfat', '-o', 'ro', efi.path, mount])
  const present = host.readBytes(`${directory}/${name}`)
  runOrThrow(host, ['umount', mount])
  const next = readFile(host, `${efiDirectory}/${name}`)
  if (present === undefined || !isDiskLoader(present, identity) || areEqual(present, next)) return []
  const {prepare, commit, tidy} = replaceOnFat(directory, name, `${efiDirectory}/${name}`)
  return [
    [
      say(`Writing ${name} to ${efi.path}`),
      {kind: 'run', argv: ['mount', '-t', 'vfat', efi.path, mount], undo: ['umount', mount]},
      ...prepare,
      run('sync'),
      ...commit,
    ],
    // From here on, there is nothing to go back to.
    [...tidy, run('sync'), run('umount', mount)],
  ]
}

function biosSteps(host: Host, identity: Identity, {disk, core: room}: PreparedPartition): InstallStep[][] {
  const {bootImage, coreImage} = diskBootPaths(identity)
  const image = host.readBytes(coreImage)
  // BIOS reads sectors of 512 bytes.
  if (room === undefined || image === undefined || disk.sectorBytes !== 512) return []
  const code: BootCode = {product: identity.name, disk: disk.path, bootImage, coreImage, ...room}
  const present = readPresentCore(host, code)
  const own = present && grubCore.ownIn(present.bytes, identity.name)
  if (present === undefined || own === undefined) return []
  const {sector, startBytes} = present
  const isCurrent =
    areEqual(own, grubCore.placedAt(image, startBytes, identity.name)) &&
    areEqual(sector, withGrubBootCode(sector, readFile(host, bootImage), startBytes))
  if (isCurrent) return []
  const sizeBytes = grubCore.bytesOf(image.length)
  const next = grubCore.placeOfNew(sector, room, sizeBytes)
  if (next < startBytes + own.length && startBytes < next + sizeBytes)
    throw new Error(`${disk.path} has no space for a second BIOS loader beside the present one`)
  return [[say(`Writing the BIOS loader to ${disk.path}`), {kind: 'write-boot-code', ...code}]]
}

const areEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])
