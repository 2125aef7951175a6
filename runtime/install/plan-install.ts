import type {Identity} from '#dsl'
import {
  type DiskBoot,
  diskBootPaths,
  layOutDisk,
  type PartitionTable,
  partitionDevice,
  partitionOf,
  renderDiskMenu,
  renderSfdiskScript,
} from '#layout'
import type {PreparedPartition} from './choose-partition.ts'
import type {Disk, FoundPartition} from './disks.ts'
import {type InstallStep, run, say} from './install-step.ts'

/** The system that is installed: the one that runs. */
export interface InstallSource {
  /** Directory with the versions: `/haos/system` of the running system. */
  readonly systemDir: string
  readonly version: string
  readonly kernelVersion: string
  /** Version of Kubernetes, where it is on the medium. */
  readonly kubernetesVersion: string | undefined
  readonly boot: DiskBoot
  readonly hasBiosLoader: boolean
  /** File name of the UEFI loader. */
  readonly efiLoader: string | undefined
}

/** Where to: a disk that is formatted, or a partition that is used as it is. */
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
 * that it leads to is on the disk. In between the firmware passes it over, to the medium.
 */
export function planInstall(request: InstallRequest): InstallStep[] {
  const {identity, source, place} = request
  const state = prepareState(request)
  return [
    ...state.steps,
    say(`Copying ${identity.title} ${source.version} to ${state.device}`),
    run('mkdir', '-p', target, efiTarget),
    run('mount', '-t', 'ext4', state.device, target),
    ...copySystem(request),
    ...(place.kind === 'partition' ? [] : [marker(identity, 'growpart')]),
    ...(place.kind === 'takeover' ? [marker(identity, 'takeover', `${place.after}\n`)] : []),
    run('sync'),
    run('umount', target),
    ...state.loaders,
    run('sync'),
    say(`${identity.title} ${source.version} is installed on ${state.device}`),
  ]
}

function prepareState(request: InstallRequest): PreparedState {
  const {identity, place} = request
  switch (place.kind) {
    case 'disk':
      return formatDisk(request, place)
    case 'partition':
      return preparePartition(request, place.partition)
    case 'takeover':
      return {device: place.state.path, steps: labelState(identity, place.state), loaders: []}
  }
}

/** Stage 0 finds the state partition by its label. */
const labelState = ({stateLabel}: Identity, {path, label}: FoundPartition): InstallStep[] =>
  label === stateLabel ? [] : [run('e2label', path, stateLabel)]

interface PreparedState {
  readonly device: string
  readonly steps: readonly InstallStep[]
  readonly loaders: readonly InstallStep[]
}

function formatDisk(request: InstallRequest, {disk, table}: {disk: Disk; table: PartitionTable}): PreparedState {
  const {identity, source} = request
  const layout = layOutDisk({identity, sizeBytes: disk.sizeBytes, sectorBytes: disk.sectorBytes, table})
  // The BIOS' sectors have 512 bytes, and nothing boots otherwise from a disk that has larger ones.
  const hasBios = source.hasBiosLoader && disk.sectorBytes === 512
  const device = (role: 'efi' | 'state') => partitionDevice(disk.path, partitionOf(layout, role).number)
  const [efi, state] = [device('efi'), device('state')]
  // FAT32 wants more clusters than a small partition of large sectors has.
  const fat = disk.sectorBytes === 512 ? ['-F', '32', '-s', '1'] : ['-F', '16']
  // The loader's partition first: from then on UEFI passes the disk over, as BIOS does already.
  const found = disk.partitions.toSorted((a, b) => Number(b.fileSystem === 'vfat') - Number(a.fileSystem === 'vfat'))
  return {
    device: state,
    steps: [
      say(`Partitioning ${disk.path}`),
      // It fails, and changes nothing, where a file system or a volume on the disk is in use: the kernel knows, also of mounts that we do not see.
      {
        kind: 'run',
        argv: ['wipefs', '--quiet', '--all', '--no-act', disk.path],
        hint: `Unmount what is on ${disk.path}, or choose another disk: nothing was changed.`,
      },
      {kind: 'remove-boot-code', disk: disk.path},
      ...found.map(({path}) => run('wipefs', '--quiet', '--all', '--force', path)),
      // The first sector stays as it is now: sfdisk keeps its code where it wipes nothing, and writes the table in one go.
      run('wipefs', '--quiet', '--all', '--force', '--types', 'nodos,noPMBR', disk.path),
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
    loaders: [
      say('Writing the boot loader'),
      ...efiLoader(request, efi),
      ...(hasBios ? [biosLoader(request, disk, layout.coreStartBytes, layout.coreMaxBytes)] : []),
    ],
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
    steps: labelState(identity, state),
    loaders: [
      say('Writing the boot loader'),
      ...(efi ? efiLoader(request, efi.path) : []),
      ...(hasBios && core ? [biosLoader(request, disk, core.startBytes, core.maxBytes)] : []),
    ],
  }
}

function copySystem({identity, source, config, consoles, debug}: InstallRequest): InstallStep[] {
  const system = `${target}${identity.systemDir}`
  const {kubernetes, name} = identity
  const {version, kernelVersion, kubernetesVersion} = source
  const versions = [
    {part: 'kernel', version: kernelVersion},
    ...(kubernetesVersion === undefined ? [] : [{part: kubernetes, version: kubernetesVersion}]),
    {part: name, version},
  ]
  return [
    ...versions.flatMap((each) => copyVersion({...each, from: source.systemDir, to: system})),
    {kind: 'write', path: `${system}/config.yaml`, text: config, mode: 0o600},
    run('mkdir', '-p', `${target}/boot/grub`),
    {
      kind: 'write',
      path: `${target}/boot/grub/grub.cfg`,
      text: renderDiskMenu({identity, boot: source.boot, consoles, debug}),
      mode: 0o644,
    },
  ]
}

/** Copies one version beside its place, moves it there, and makes it the current one; what was current becomes the previous one. */
function copyVersion({
  part,
  version,
  from,
  to,
}: {
  part: string
  version: string
  from: string
  to: string
}): InstallStep[] {
  const directory = `${to}/${part}`
  return [
    run('mkdir', '-p', directory),
    run('rm', '-rf', `${directory}/.${version}.new`, `${directory}/.${version}.old`),
    run('cp', '-a', `${from}/${part}/${version}`, `${directory}/.${version}.new`),
    run('sync'),
    // $1 directory, $2 version.
    run(
      'sh',
      '-c',
      [
        'cd "$1" || exit',
        'if [ -e "$2" ]; then mv "$2" ".$2.old" || exit; fi',
        'mv ".$2.new" "$2" && rm -rf ".$2.old" || exit',
        'old=$(readlink current)',
        'if [ -n "$old" ] && [ "$old" != "$2" ] && [ -e "$old" ]; then ln -sfn "$old" .previous && mv -T .previous previous || exit; fi',
        'ln -sfn "$2" .current && mv -T .current current',
      ].join('\n'),
      'sh',
      directory,
      version,
    ),
  ]
}

/** The loader for UEFI, under the name that firmware looks for on a disk that it does not know. Complete before it has that name. */
function efiLoader({identity, source: {efiLoader: loader}}: InstallRequest, device: string): InstallStep[] {
  if (loader === undefined) return []
  const directory = `${efiTarget}/EFI/BOOT`
  return [
    run('mount', '-t', 'vfat', device, efiTarget),
    run('mkdir', '-p', directory),
    run('cp', `${diskBootPaths(identity).efiDirectory}/${loader}`, `${directory}/NEW.EFI`),
    run('sync'),
    run('mv', `${directory}/NEW.EFI`, `${directory}/${loader}`),
    run('umount', efiTarget),
  ]
}

function biosLoader({identity}: InstallRequest, {path}: Disk, startBytes: number, maxBytes: number): InstallStep {
  const {bootImage, coreImage} = diskBootPaths(identity)
  return {kind: 'write-boot-code', disk: path, bootImage, coreImage, startBytes, maxBytes}
}

/** Files that say what the next boot is to do. */
const marker = ({systemDir}: Identity, name: 'growpart' | 'takeover', text = ''): InstallStep => ({
  kind: 'write',
  path: `${target}${systemDir}/${name}`,
  text,
  mode: 0o644,
})
