import type {Identity} from '#dsl'
import {parentOf} from '#dsl'
import {
  type DiskBoot,
  diskBootPaths,
  layOutDisk,
  menuPath,
  type PartitionTable,
  partitionDevice,
  partitionOf,
  renderDiskMenu,
  renderSfdiskScript,
  smallestStateBytes,
  systemPaths,
} from '#layout'
import type {PreparedPartition} from './choose-partition.ts'
import type {Disk, FoundPartition} from './disks.ts'
import {type InstallStep, run, say, script} from './install-step.ts'
import {refuseLongCommandLines} from './refuse-long-command-lines.ts'
import {allOf, makeDirectory, type Replacement, replaceFile, replaceVersion, takeBack} from './replacement.ts'
import {wipeDisk} from './wipe-disk.ts'

/** The system that is installed: the one that runs. */
export interface InstallSource {
  /** Directory with the versions: `/haos/system` of the running system. */
  readonly systemDir: string
  readonly version: string
  readonly kernelVersion: string
  /** Version of Kubernetes, where it is on the medium. */
  readonly kubernetesVersion: string | undefined
  readonly boot: DiskBoot
  /** Size of all the files that are copied. */
  readonly sizeBytes: number
  readonly hasBiosLoader: boolean
  /** Size of GRUB's core image for BIOS, where there is one. */
  readonly coreBytes: number
  /** File name of the UEFI loader. */
  readonly efiLoader: string | undefined
}

/** The target: a disk to format, or an existing partition. */
export type InstallPlace =
  | {readonly kind: 'disk'; readonly disk: Disk; readonly table: PartitionTable}
  | {readonly kind: 'partition'; readonly partition: PreparedPartition}
  /** The root of a running system, whose GRUB stays, and what the machine does when the rest of it is gone. */
  | {readonly kind: 'takeover'; readonly state: FoundPartition; readonly after: 'poweroff' | 'reboot'}

export interface InstallRequest {
  readonly identity: Identity
  readonly source: InstallSource
  readonly place: InstallPlace
  /** Text of the installed config.yaml. */
  readonly config: string
  readonly consoles: readonly string[]
  readonly debug: boolean
  /** This machine was booted by UEFI, or the installed one will be. */
  readonly needsEfi: boolean
}

/** Where the new file systems are mounted while they are filled. */
const target = '/run/install/state'
const efiTarget = '/run/install/efi'

/**
 * All that an installation does, in order. Pure. Throws when the disk cannot hold or boot the system, before anything is done.
 *
 * The order makes a power cut harmless: a disk loses its boot code first, and gets it back last, when everything
 * that it leads to is on the disk. In between the firmware skips it, and boots the medium. If an existing partition is used, all
 * that needs room comes first, what remains are renames, and what a boot loader reads is the last of them: until then the
 * system that was there boots, and a failure takes back what was done.
 */
export function planInstall(request: InstallRequest): InstallStep[] {
  const {identity, source, place, consoles, debug} = request
  refuseLongCommandLines({identity, boot: source.boot, consoles, debug})
  const state = prepareState(request)
  const files = copySystem(request)
  const efi = state.efi === undefined ? nothing : efiLoader(request, state.efi)
  const before: InstallStep[] = [
    ...state.steps,
    say(`Copying ${identity.title} ${source.version} to ${state.device}`),
    run('mkdir', '-p', target, efiTarget),
    {kind: 'run', argv: ['mount', '-t', 'ext4', state.device, target], undo: ['umount', target]},
    ...files.prepare,
  ]
  const loaders = place.kind === 'takeover' ? [] : [say('Writing the boot loader')]
  const steps =
    place.kind === 'disk'
      ? [
          ...before.map(forGood),
          ...[...files.commit, ...files.tidy].map(forGood),
          run('sync'),
          run('umount', target),
          ...loaders,
          ...[...efi.prepare, run('sync'), ...efi.commit, ...efi.tidy].map(forGood),
        ]
      : [
          ...before,
          ...loaders,
          ...efi.prepare,
          run('sync'),
          ...efi.commit,
          ...files.commit,
          run('sync'),
          ...state.label,
        ]
  return [
    ...steps,
    ...state.bios,
    ...bootEntry(request, state.efi),
    run('sync'),
    ...(place.kind === 'disk' ? [] : [...files.tidy, ...efi.tidy, run('umount', target)].map(forGood)),
    say(`${identity.title} ${source.version} is installed on ${state.device}`),
  ]
}

/** Where the old system is gone, there is nothing to go back to. */
function forGood(step: InstallStep): InstallStep {
  if (!('undo' in step)) return step
  const {undo: _, ...kept} = step
  return kept
}

const nothing: Replacement = {prepare: [], commit: [], tidy: []}

interface PreparedState {
  readonly device: string
  readonly steps: readonly InstallStep[]
  /** Gives the file system the label by which people, and the installer, know it. */
  readonly label: readonly InstallStep[]
  /** Partition for the UEFI loader. */
  readonly efi?: string | undefined
  readonly bios: readonly InstallStep[]
}

function prepareState(request: InstallRequest): PreparedState {
  const {identity, place} = request
  switch (place.kind) {
    case 'disk':
      return formatDisk(request, place)
    case 'partition':
      return preparePartition(request, place.partition)
    case 'takeover':
      return {device: place.state.path, steps: [], label: labelState(identity, place.state), bios: []}
  }
}

/** After the menu, which names the file system by its UUID: until then the system that was there may look for its label. */
const labelState = ({stateLabel}: Identity, {path, label}: FoundPartition): InstallStep[] =>
  label === stateLabel ? [] : [{kind: 'run', argv: ['e2label', path, stateLabel], undo: ['e2label', path, label ?? '']}]

/** How much of a partition ext4 leaves for files: tables of inodes take 1.6 %, and 5 % are for root alone (mke2fs(8)). */
const usableShare = 0.9

function formatDisk(request: InstallRequest, {disk, table}: {disk: Disk; table: PartitionTable}): PreparedState {
  const {identity, source} = request
  const layout = layOutDisk({
    identity,
    disk: disk.path,
    sizeBytes: disk.sizeBytes,
    sectorBytes: disk.sectorBytes,
    table,
    leastStateBytes: Math.max(smallestStateBytes, Math.ceil(source.sizeBytes / usableShare)),
  })
  // The BIOS' sectors have 512 bytes, and nothing boots otherwise from a disk that has larger ones.
  const hasBios = source.hasBiosLoader && disk.sectorBytes === 512
  const device = (role: 'efi' | 'state') => partitionDevice(disk.path, partitionOf(layout, role).number)
  const [efi, state] = [device('efi'), device('state')]
  // FAT32 wants more clusters than a small partition of large sectors has.
  const fat = disk.sectorBytes === 512 ? ['-F', '32', '-s', '1'] : ['-F', '16']
  return {
    device: state,
    label: [],
    steps: [
      say(`Partitioning ${disk.path}`),
      // It fails, and changes nothing, where a file system or a volume on the disk is in use: the kernel knows, also of mounts that we do not see.
      {
        kind: 'run',
        argv: ['wipefs', '--quiet', '--all', '--no-act', disk.path],
        asks: true,
        hint: `Unmount what is on ${disk.path}, or choose another disk: nothing was changed.`,
      },
      ...wipeDisk(disk),
      {
        kind: 'run',
        argv: ['sfdisk', '--quiet', '--wipe', 'never', '--wipe-partitions', 'always', disk.path],
        stdin: renderSfdiskScript(layout),
      },
      {kind: 'run', argv: ['udevadm', 'settle', '--timeout=10'], mayFail: true},
      say(`Making file systems on ${disk.path}`),
      run('mkfs.vfat', ...fat, '-n', partitionOf(layout, 'efi').label, efi),
      run('mkfs.ext4', '-q', '-F', '-L', identity.stateLabel, state),
    ],
    efi,
    bios: hasBios ? biosLoader(request, disk, {startBytes: layout.coreStartBytes, maxBytes: layout.coreMaxBytes}) : [],
  }
}

function preparePartition(request: InstallRequest, {disk, state, efi, core}: PreparedPartition): PreparedState {
  const {identity, source, needsEfi} = request
  if (needsEfi && efi === undefined)
    throw new Error(
      `no_format: ${disk.path} has no EFI system partition with a FAT file system, which booting by UEFI needs`,
    )
  const hasBios = core !== undefined && source.hasBiosLoader && disk.sectorBytes === 512
  if (!needsEfi && !hasBios)
    throw new Error(
      `no_format: ${disk.path} has no place for the BIOS loader: make a BIOS boot partition, or leave 1 MiB free before the first one`,
    )
  return {
    device: state.path,
    steps: [],
    label: labelState(identity, state),
    efi: efi?.path,
    bios: hasBios && core ? biosLoader(request, disk, core) : [],
  }
}

/** The system, its config, what the next boot is to do, and at last the menu, which leads to all of it. */
function copySystem({identity, source, place, config, consoles, debug}: InstallRequest): Replacement {
  const system = `${target}${identity.systemDir}`
  const {kubernetes, name} = identity
  const {version, kernelVersion, kubernetesVersion} = source
  const versions = [
    {part: 'kernel', version: kernelVersion},
    ...(kubernetesVersion === undefined ? [] : [{part: kubernetes, version: kubernetesVersion}]),
    {part: name, version},
  ]
  const paths = systemPaths(identity)
  const menu = renderDiskMenu({identity, boot: source.boot, consoles, debug})
  return allOf([
    ...versions.map((each) => replaceVersion({...each, from: source.systemDir, to: system})),
    replaceFile(`${target}${paths.config}`, config, 0o600),
    ...(place.kind === 'partition' ? [] : [replaceFile(`${target}${paths.growMarker}`, '', 0o644)]),
    ...(place.kind === 'takeover' ? [replaceFile(`${target}${paths.takeoverMarker}`, `${place.after}\n`, 0o644)] : []),
    {prepare: [makeDirectory(parentOf(`${target}${menuPath}`))], commit: [], tidy: []},
    replaceFile(`${target}${menuPath}`, menu, 0o644),
  ])
}

/** The loader for UEFI, under the name that firmware looks for on a disk that it does not know. Complete before it has that name. */
function efiLoader({identity, source: {efiLoader: loader}}: InstallRequest, device: string): Replacement {
  if (loader === undefined) return nothing
  const directory = `${efiTarget}/EFI/BOOT`
  const names = [`${directory}/${loader}`, `${directory}/OLD.EFI`, `${directory}/NEW.EFI`]
  return {
    prepare: [
      {kind: 'run', argv: ['mount', '-t', 'vfat', device, efiTarget], undo: ['umount', efiTarget]},
      makeDirectory(directory),
      script(
        'rm -f "$2" "$3"; if [ -e "$1" ]; then cp "$1" "$2" || exit; fi; cp "$4" "$3"',
        [...names, `${diskBootPaths(identity).efiDirectory}/${loader}`],
        'rm -f "$2" "$3"',
      ),
    ],
    commit: [
      {
        kind: 'run',
        argv: ['mv', `${directory}/NEW.EFI`, `${directory}/${loader}`],
        undo: takeBack('[ ! -e "$3" ] || exit 0; if [ -e "$2" ]; then mv "$2" "$1"; else rm -f "$1"; fi', names),
      },
    ],
    tidy: [run('rm', '-f', `${directory}/OLD.EFI`), run('sync'), run('umount', efiTarget)],
  }
}

/** If no loader for UEFI is put onto the disk, the firmware's menu stays unchanged. */
function bootEntry({identity, source, place}: InstallRequest, device: string | undefined): InstallStep[] {
  if (device === undefined || source.efiLoader === undefined || place.kind === 'takeover') return []
  const {sectorBytes} = place.kind === 'disk' ? place.disk : place.partition.disk
  return [{kind: 'boot-entry', title: identity.title, loader: `\\EFI\\BOOT\\${source.efiLoader}`, device, sectorBytes}]
}

/** Throws where the core image has no room. */
function biosLoader(
  {identity, source}: InstallRequest,
  {path}: Disk,
  {startBytes, maxBytes}: {readonly startBytes: number; readonly maxBytes: number},
): InstallStep[] {
  if (source.coreBytes > maxBytes)
    throw new Error(`the BIOS loader has ${source.coreBytes} bytes, and ${path} has room for ${maxBytes}`)
  const {bootImage, coreImage} = diskBootPaths(identity)
  return [{kind: 'write-boot-code', disk: path, bootImage, coreImage, startBytes}]
}
