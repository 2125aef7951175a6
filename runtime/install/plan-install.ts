import type {Identity} from '#dsl'
import {parentOf} from '#dsl'
import {
  bootEnvironmentPath,
  type DiskBoot,
  defaultMinStateBytes,
  diskBootPaths,
  layOutDisk,
  menuPath,
  type PartitionTable,
  partitionDevice,
  partitionOf,
  renderBootEnvironment,
  renderDiskMenu,
  renderSfdiskScript,
  systemPaths,
} from '#layout'
import type {PreparedPartition} from './choose-partition.ts'
import type {Disk, FoundPartition} from './disks.ts'
import {type InstallStep, run, say, waitForDevice} from './install-step.ts'
import {refuseLongCommandLines} from './refuse-long-command-lines.ts'
import {
  allOf,
  checkpoint,
  makeDirectory,
  type Replacement,
  replaceFile,
  replaceOnFat,
  replaceVersion,
} from './replacement.ts'
import {wipeDisk} from './wipe-disk.ts'

/** The system to install: the running one. */
export interface InstallSource {
  /** Directory with the versions: `/haos/system` of the running system. */
  readonly systemDir: string
  readonly version: string
  readonly kernelVersion: string
  /** Version of Kubernetes, if it is on the medium. */
  readonly kubernetesVersion: string | undefined
  readonly boot: DiskBoot
  /** Size of all the files that are copied. */
  readonly sizeBytes: number
  readonly hasBiosLoader: boolean
  /** Size of GRUB's core image for BIOS, 0 if there is none. */
  readonly coreBytes: number
  /** File name of the UEFI loader. */
  readonly efiLoader: string | undefined
}

/** The target: a disk to format, or an existing partition. */
export type InstallTarget =
  | {readonly kind: 'disk'; readonly disk: Disk; readonly table: PartitionTable}
  | {readonly kind: 'partition'; readonly partition: PreparedPartition}
  /** The root of a running system, whose GRUB stays, and what the machine does once the rest of it is deleted. */
  | {readonly kind: 'takeover'; readonly state: FoundPartition; readonly after: 'poweroff' | 'reboot'}

export interface InstallRequest {
  readonly identity: Identity
  readonly source: InstallSource
  readonly target: InstallTarget
  /** Text of the installed config.yaml. */
  readonly config: string
  readonly consoles: readonly string[]
  readonly debug: boolean
  /** This machine was booted by UEFI, or the installed one must be. */
  readonly needsEfi: boolean
}

/** Where the new file systems are mounted while they are filled. */
const stateMount = '/run/install/state'
const efiMount = '/run/install/efi'

/**
 * The steps of an installation, in order. Pure. Throws if the disk cannot hold or boot the system.
 *
 * The order makes a power cut harmless: a disk loses its boot code first and gets it back last, when everything that
 * the code loads is on the disk. In between, the firmware skips the disk and boots the medium. On an existing
 * partition, steps that need space come first. The rest are renames, and the files of the boot loader are renamed last:
 * until then the old system boots, and a failure is undone.
 */
export function planInstall(request: InstallRequest): InstallStep[] {
  const {identity, source, target, consoles, debug} = request
  refuseLongCommandLines({identity, boot: source.boot, consoles, debug}, source.efiLoader)
  const state = prepareState(request)
  const files = copySystem(request)
  const efi = state.efi === undefined ? nothing : efiLoader(request, state.efi)
  const before: InstallStep[] = [
    ...state.steps,
    say(`Copying ${identity.title} ${source.version} to ${state.device}`),
    run('mkdir', '-p', stateMount, efiMount),
    {kind: 'run', argv: ['mount', '-t', 'ext4', state.device, stateMount], undo: ['umount', stateMount]},
    ...files.prepare,
  ]
  const loaders = target.kind === 'takeover' ? [] : [say('Writing the boot loader')]
  const steps =
    target.kind === 'disk'
      ? [
          ...before.map(withoutUndo),
          ...[...files.commit, ...files.tidy].map(withoutUndo),
          run('sync'),
          run('umount', stateMount),
          ...loaders,
          ...[...efi.prepare, run('sync'), ...efi.commit, ...efi.tidy].map(withoutUndo),
        ]
      : [
          ...before,
          ...loaders,
          ...efi.prepare,
          ...checkpoint(stateMount),
          ...efi.commit,
          ...files.commit,
          ...checkpoint(stateMount),
          ...state.label,
        ]
  return [
    ...steps,
    ...state.bios,
    ...bootEntry(request, state.efi),
    run('sync'),
    ...(target.kind === 'disk' ? [] : [...files.tidy, ...efi.tidy, run('umount', stateMount)].map(withoutUndo)),
    say(`${identity.title} ${source.version} is installed on ${state.device}`),
  ]
}

/** A formatted disk has no old system, so nothing to go back to. */
function withoutUndo(step: InstallStep): InstallStep {
  if (!('undo' in step)) return step
  const {undo: _, ...kept} = step
  return kept
}

const nothing: Replacement = {prepare: [], commit: [], tidy: []}

interface PreparedState {
  readonly device: string
  readonly steps: readonly InstallStep[]
  /** Sets the label by which users and the installer recognise the file system. */
  readonly label: readonly InstallStep[]
  /** Partition for the UEFI loader. */
  readonly efi?: string | undefined
  readonly bios: readonly InstallStep[]
}

function prepareState(request: InstallRequest): PreparedState {
  const {identity, target} = request
  switch (target.kind) {
    case 'disk':
      return formatDisk(request, target)
    case 'partition':
      return preparePartition(request, target.partition)
    case 'takeover':
      return {device: target.state.path, steps: [], label: labelState(identity, target.state), bios: []}
  }
}

/** After the menu, which refers to the file system by its UUID: until then the old system may look for its label. */
const labelState = ({stateLabel}: Identity, {path, label}: FoundPartition): InstallStep[] =>
  label === stateLabel ? [] : [{kind: 'run', argv: ['e2label', path, stateLabel], undo: ['e2label', path, label ?? '']}]

/**
 * Share of a partition that ext4 leaves for files: inode tables take 1.6 %, and 5 % are reserved for root (mke2fs(8)).
 */
const usableShare = 0.9

function formatDisk(request: InstallRequest, {disk, table}: {disk: Disk; table: PartitionTable}): PreparedState {
  const {identity, source} = request
  const layout = layOutDisk({
    identity,
    disk: disk.path,
    sizeBytes: disk.sizeBytes,
    sectorBytes: disk.sectorBytes,
    table,
    minStateBytes: Math.max(defaultMinStateBytes, Math.ceil(source.sizeBytes / usableShare)),
  })
  // BIOS reads sectors of 512 bytes, so it cannot boot from a disk with larger ones.
  const hasBios = source.hasBiosLoader && disk.sectorBytes === 512
  const device = (role: 'efi' | 'state') => partitionDevice(disk.path, partitionOf(layout, role).number)
  const [efi, state] = [device('efi'), device('state')]
  // FAT32 requires more clusters than a small partition with large sectors has.
  const fat = disk.sectorBytes === 512 ? ['-F', '32', '-s', '1'] : ['-F', '16']
  return {
    device: state,
    label: [],
    steps: [
      say(`Partitioning ${disk.path}`),
      // Fails, and changes nothing, if a file system or a volume on the disk is in use, even by a mount in another
      // namespace: the kernel knows.
      {
        kind: 'run',
        argv: ['wipefs', '--quiet', '--all', '--no-act', disk.path],
        asks: true,
        hint: `Unmount the file systems on ${disk.path}, or choose another disk: nothing was changed.`,
      },
      ...wipeDisk(disk),
      {
        kind: 'run',
        argv: ['sfdisk', '--quiet', '--wipe', 'never', '--wipe-partitions', 'always', disk.path],
        stdin: renderSfdiskScript(layout),
      },
      {kind: 'run', argv: ['udevadm', 'settle', '--timeout=10'], mayFail: true},
      ...[efi, state].map((each) => waitForDevice(each)),
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
      `no_format: ${disk.path} has no space for the BIOS loader: create a BIOS boot partition, or leave 1 MiB free before the first one`,
    )
  return {
    device: state.path,
    steps: [],
    label: labelState(identity, state),
    efi: efi?.path,
    bios: hasBios && core ? biosLoader(request, disk, core) : [],
  }
}

/** The system, its config, the markers for the next boot, and last the boot menu, which refers to all of them. */
function copySystem({identity, source, target, config, consoles, debug}: InstallRequest): Replacement {
  const system = `${stateMount}${identity.systemDir}`
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
    replaceFile(`${stateMount}${paths.config}`, config, 0o600),
    ...(target.kind === 'partition' ? [] : [replaceFile(`${stateMount}${paths.growMarker}`, '', 0o644)]),
    ...(target.kind === 'takeover'
      ? [replaceFile(`${stateMount}${paths.takeoverMarker}`, `${target.after}\n`, 0o644)]
      : []),
    {prepare: [makeDirectory(parentOf(`${stateMount}${menuPath}`))], commit: [], tidy: []},
    // Now, because GRUB cannot create it.
    replaceFile(`${stateMount}${bootEnvironmentPath}`, renderBootEnvironment(undefined), 0o644),
    replaceFile(`${stateMount}${menuPath}`, menu, 0o644),
  ])
}

/**
 * The UEFI loader, under the path of the removable media (UEFI specification 3.5.1.1), which firmware tries on any
 * disk. Complete before it gets that name.
 */
function efiLoader({identity, source: {efiLoader: loader}}: InstallRequest, device: string): Replacement {
  if (loader === undefined) return nothing
  const directory = `${efiMount}/EFI/BOOT`
  const file = replaceOnFat(directory, loader, `${diskBootPaths(identity).efiDirectory}/${loader}`)
  return {
    prepare: [
      {kind: 'run', argv: ['mount', '-t', 'vfat', device, efiMount], undo: ['umount', efiMount]},
      makeDirectory(directory),
      ...file.prepare,
    ],
    commit: file.commit,
    tidy: [...file.tidy, run('sync'), run('umount', efiMount)],
  }
}

/** Without a UEFI loader on the disk, the firmware's menu stays unchanged. */
function bootEntry({identity, source, target}: InstallRequest, device: string | undefined): InstallStep[] {
  if (device === undefined || source.efiLoader === undefined || target.kind === 'takeover') return []
  const {sectorBytes} = target.kind === 'disk' ? target.disk : target.partition.disk
  return [{kind: 'boot-entry', title: identity.title, loader: `\\EFI\\BOOT\\${source.efiLoader}`, device, sectorBytes}]
}

/** Throws if the core image does not fit. */
function biosLoader(
  {identity, source}: InstallRequest,
  {path}: Disk,
  {startBytes, maxBytes}: {readonly startBytes: number; readonly maxBytes: number},
): InstallStep[] {
  if (source.coreBytes > maxBytes)
    throw new Error(`the BIOS loader is ${source.coreBytes} bytes, and ${path} has space for ${maxBytes}`)
  const {bootImage, coreImage} = diskBootPaths(identity)
  return [{kind: 'write-boot-code', product: identity.name, disk: path, bootImage, coreImage, startBytes, maxBytes}]
}
