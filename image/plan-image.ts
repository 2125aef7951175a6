import type {Arch, Base, ImageSpec} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import type {BootLoader, DiskLoaders} from './boot-loader/boot-loader.ts'
import {grub} from './boot-loader/grub.ts'
import {loaderFiles} from './boot-loader/loader-files.ts'
import {checkCommandLines} from './check-command-lines.ts'
import {checkNetworkPrograms} from './check-network-programs.ts'
import {clusterNodes} from './cluster-nodes.ts'
import {guestAgentParts} from './guest-agents.ts'
import {kernelNeedsNode} from './kernel/kernel-needs-node.ts'
import {planKernel} from './kernel/plan-kernel.ts'
import {type KernelReport, planKernelReport} from './kernel/plan-kernel-report.ts'
import {kubernetesAccounts, kubernetesNodes} from './kubernetes/kubernetes.ts'
import type {LoadedArchive} from './kubernetes/load-archives.ts'
import {kubernetesRequest, type PinnedRelease, pinnedRelease} from './kubernetes/pinned-release.ts'
import {planKubernetes} from './kubernetes/plan-kubernetes.ts'
import {baseFor, imageRequests, type LockPurpose, type Purpose, requestDigest} from './lock/image-requests.ts'
import {lockedSet} from './lock/locked-set.ts'
import type {Lockfile} from './lock/lockfile.ts'
import type {Variant} from './lock/variant.ts'
import {type PlannedRuntime, planRuntime} from './plan-runtime.ts'
import {type ReleaseParts, releaseFiles} from './release-files.ts'
import {upgradeKeyNodes} from './signature/upgrade-key-nodes.ts'
import type {LockedPackage, LockedSet, PackageSource, PackedPackages} from './source.ts'
import {initrd} from './steps/boot/initrd.ts'
import {kernelTree} from './steps/boot/kernel-tree.ts'
import {fetchFile} from './steps/fetch.ts'
import {describeRelease} from './steps/output/release.ts'
import {signRelease} from './steps/output/sign-release.ts'
import {pickFile} from './steps/pick-file.ts'
import type {NodeScripts} from './steps/runtime/bundle-runtime.ts'
import {squashfs} from './steps/squashfs.ts'
import {privilegedFiles} from './steps/system/check/privileged-files.ts'
import {checkPaths} from './steps/system/check-paths.ts'
import {runScripts} from './steps/system/run-scripts.ts'
import type {SystemNode} from './steps/system/system-node.ts'
import {systemTree} from './steps/system/system-tree.ts'
import {treeIndex} from './steps/system/tree-index.ts'
import {bootFiles, installNodes, localTexts, refusePartConflicts, systemParts} from './system-parts.ts'
import {upgradeScripts} from './upgrade-scripts.ts'

/** The parts of an image that all targets share. A target makes a medium from them. */
export interface PlannedImage extends ReleaseParts {
  readonly spec: ImageSpec
  readonly arch: Arch
  readonly variant: Variant
  /** Packages of the image, by purpose. */
  readonly pinned: ReadonlyMap<LockPurpose, readonly LockedPackage[]>
  /** The release of Kubernetes, whether the image contains it or the node fetches it. */
  readonly kubernetesVersion: string | undefined
  /** The list of privileged programs. */
  readonly privileged: Ref<'file'>
  /** What is known of the kernel, and what the image asks of it. */
  readonly kernelReport: KernelReport
  /** Describes all files of the release. */
  readonly release: Ref<'file'>
  /** Signatures of that description; undefined if the build was given no key. */
  readonly signatures: Ref<'file'> | undefined
  /** The root of the packages. */
  readonly packages: Ref<'tree'>
  /** The node's program. */
  readonly program: PlannedRuntime
  /** The boot loader for media and disks. */
  readonly bootLoader: BootLoader
  /** Its loaders for a disk that the system is installed on. */
  readonly diskLoaders: DiskLoaders
  /** Files that boot the system with another system's kernel and root. */
  readonly local: {readonly busybox: Ref<'file'>; readonly texts: Readonly<Record<string, string>>}
  /** Kernel arguments of every boot. */
  readonly cmdline: readonly string[]
  /** Text of the script that installs the image from another Linux. */
  readonly installScript: string
  /** Template of the script that begins an update file. */
  readonly updateScript: string
}

/** What planning an image needs in addition to the recipe. */
export interface PlanImageOptions {
  readonly variant: Variant
  readonly lockfile: Lockfile
  /** The command that pins the image. */
  readonly lockCommand: string
  readonly source: (base: Base) => PackageSource<Base>
  /** URLs of files that the recipe names by digest. */
  readonly downloads: ReadonlyMap<string, readonly string[]>
  /** The recipe's own archives of container images. */
  readonly archives: readonly LoadedArchive[]
  /** PEM of the public keys with which the release is signed. */
  readonly signingKeys: readonly string[]
  /** Adds the steps that make the node's program. */
  readonly runtime: (plan: PlanBuilder) => Ref<'file'>
  readonly scripts: NodeScripts
}

/** Adds the steps that every target of an image shares. Pure. Fails with RECIPE_INVALID, LOCK_MISSING or LOCK_STALE. */
export function planImage(spec: ImageSpec, arch: Arch, options: PlanImageOptions, plan: PlanBuilder): PlannedImage {
  const {variant} = options
  const source = options.source(spec.base)
  const kernelSource = options.source(baseFor(spec, 'kernel'))
  const cmdline = [
    ...spec.boot.cmdline,
    ...spec.parts.flatMap((part) => (part.kind === 'kernel-argument' ? part.arguments : [])),
  ]
  const ownNodes = (kubernetes: PinnedRelease | undefined) => [
    ...installNodes(spec, cmdline, options.scripts),
    ...kubernetesNodes(spec, arch, kubernetes),
    ...clusterNodes(spec),
    ...upgradeScripts(spec, options.scripts),
    ...upgradeKeyNodes(spec),
    kernelNeedsNode(spec),
  ]
  // Before the check of pins, because its failure would first resolve packages.
  refusePartConflicts(spec, ownNodes(undefined))
  checkCommandLines(spec, arch, cmdline)
  const known = kernelSource.wellKnown(arch)
  const requests = imageRequests(spec, known)
  const pinned = new Map<LockPurpose, readonly LockedPackage[]>()
  const locked = (purpose: LockPurpose, request: string): LockedSet => {
    const set = lockedSet({image: spec.name, arch, purpose, request}, options)
    pinned.set(purpose, set.packages)
    return set
  }
  const packed = (purpose: Purpose): PackedPackages => {
    const {packages} = locked(purpose, requestDigest(requests[purpose], arch))
    const base = baseFor(spec, purpose)
    return {arch, packages, archives: options.source(base).fetch(base, packages, plan)}
  }
  const base = packed('base')
  checkNetworkPrograms(spec, base.packages)
  const kernelPackages = packed('kernel')
  const boot = packed('boot')

  const packages = source.root(spec.base, base, plan)
  const index = plan.add(treeIndex, {tree: packages}, {}, 'package index')
  const release = kubernetesRelease(spec, arch, locked)
  const bootTree = kernelSource.unpack(boot, plan)
  const bootLoader = grub({arch, identity: spec.identity, modules: bootTree})
  const diskLoaders = bootLoader.planDiskLoaders(plan)
  const loaders = loaderFiles(diskLoaders, spec.identity)
  const downloads = planDownloads(options.downloads, plan)
  const own = systemParts(
    {...spec, parts: [...spec.parts, ...guestAgentParts(spec, base.packages), ...kubernetesAccounts(spec)]},
    ownNodes(release),
  )
  const listed = source.paths?.(base, plan)
  if (listed !== undefined) {
    plan.check(plan.add(checkPaths, {paths: listed}, pathsOf(own.nodes), 'path check'), {before: packages})
  }
  const runtime = planRuntime(
    options.runtime(plan),
    {arch, identity: spec.identity, root: source.runsPrograms ? packages : undefined},
    plan,
  )
  const placed = [...runtime.parts, ...loaders]
  const system = plan.add(
    systemTree,
    {index, runtime: runtime.program, files: [...placed, ...downloads].map(({file}) => file)},
    {
      ...own,
      filePaths: placed.map(({path}) => path),
      ...(downloads.length > 0 && {fetched: downloads.map(({sha256}) => sha256)}),
    },
    'system tree',
  )

  const scripts = spec.parts.flatMap((part) => (part.kind === 'run' ? [part.script] : []))
  const changed =
    scripts.length === 0 ? undefined : plan.add(runScripts, {packages, system}, {arch, scripts}, 'scripts')

  const packagedKernel = planKernel(spec, {packed: kernelPackages, source: options.source}, plan)
  const {version: kernelVersion, tree: kernelFiles} = packagedKernel
  const modules = plan.add(
    kernelTree,
    {packages: kernelFiles},
    {kernelVersion, omit: spec.kernel.omit, firmwareFiles: spec.kernel.firmwareFiles, named: namedModules(spec)},
    'kernel modules',
  )
  const busybox = plan.add(pickFile, {tree: bootTree}, {path: known.busybox.path}, 'busybox')
  const parts: ReleaseParts = {
    kernelVersion,
    kernel: plan.add(pickFile, {tree: kernelFiles}, {path: packagedKernel.path}, 'kernel'),
    initrd: plan.add(
      initrd,
      {modules, busybox, packages},
      {kernelVersion, programs: initrdPrograms, ...bootFiles(spec, kernelVersion, options.scripts.stage0)},
      'initrd',
    ),
    // Modules are already compressed: a higher level costs time and saves almost nothing.
    modules: plan.add(squashfs, {tree: modules}, {level: 3}, 'modules layer'),
    layers: [
      {name: 'packages.squashfs', file: plan.add(squashfs, {tree: packages}, {level: 15}, 'packages layer')},
      {name: 'system.squashfs', file: plan.add(squashfs, {tree: system}, {level: 15}, 'system layer')},
      ...(changed === undefined
        ? []
        : [{name: 'scripts.squashfs', file: plan.add(squashfs, {tree: changed}, {level: 15}, 'scripts layer')}]),
    ],
    kubernetes: release && planKubernetes(spec, {release, archives: options.archives}, plan),
  }
  const described = planRelease(spec, {arch, cmdline, parts}, plan)
  const {signingKeys} = options
  return {
    spec,
    arch,
    variant,
    pinned,
    kubernetesVersion: release?.version,
    ...parts,
    privileged: plan.add(
      privilegedFiles,
      {index, layers: [system, ...(changed === undefined ? [] : [changed])]},
      {},
      'privileged files',
    ),
    kernelReport: planKernelReport(spec, {kernelVersion, packages: kernelFiles, modules}, plan),
    release: described,
    signatures:
      signingKeys.length === 0
        ? undefined
        : plan.add(signRelease, {release: described}, {publicKeys: [...signingKeys]}, 'signatures'),
    packages,
    program: runtime,
    bootLoader,
    diskLoaders,
    local: {busybox, texts: localTexts(spec, kernelVersion, options.scripts)},
    cmdline,
    installScript: options.scripts.install,
    updateScript: options.scripts.update,
  }
}
/** Paths of the recipe that packages must not have too. */
function pathsOf(nodes: readonly SystemNode[]): {written: string[]; directories: string[]} {
  const replaced = nodes.flatMap(({node, replace}) => (replace ? [`${node.path}/`] : []))
  const own = nodes.filter(
    ({node, replace, keep}) => !replace && !keep && !replaced.some((path) => node.path.startsWith(path)),
  )
  const pathsIn = (isDirectory: boolean) =>
    own.flatMap(({node}) => ((node.type === 'directory') === isDirectory ? [node.path] : []))
  return {written: pathsIn(false), directories: pathsIn(true)}
}

function planRelease(
  spec: ImageSpec,
  {arch, cmdline, parts}: {readonly arch: Arch; readonly cmdline: readonly string[]; readonly parts: ReleaseParts},
  plan: PlanBuilder,
): Ref<'file'> {
  const files = releaseFiles(spec, parts)
  const {identity, version, boot} = spec
  const about = {
    product: identity.name,
    version,
    arch,
    kernel: parts.kernelVersion,
    ...(parts.kubernetes && {kubernetes: parts.kubernetes.version}),
    boot: {cmdline: [...cmdline], timeoutSeconds: boot.timeoutSeconds},
  }
  return plan.add(
    describeRelease,
    {files: files.map(({file}) => file)},
    {about, paths: files.map(({path}) => path)},
    'release',
  )
}

/** Adds the files that the recipe names by digest, in the order of the digests. */
function planDownloads(downloads: PlanImageOptions['downloads'], plan: PlanBuilder) {
  return [...downloads]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([sha256, urls]) => {
      plan.origin(sha256, urls)
      const name = new URL(urls[0] ?? '').pathname.split('/').at(-1) || sha256.slice(0, 8)
      return {sha256, file: plan.add(fetchFile, {}, {sha256}, decodeURIComponent(name))}
    })
}

/**
 * Programs that stage 0 calls if the image has them: to check a file system before mounting it, and to delete immutable
 * files.
 */
const initrdPrograms = ['/usr/sbin/e2fsck', '/usr/bin/chattr']

const namedModules = ({parts}: ImageSpec): string[] =>
  [...new Set(parts.flatMap((part) => (part.kind === 'kernel-module' ? part.names : [])))].sort()

/** The release of the recipe, completed by the lock file. */
function kubernetesRelease(
  {kubernetes, ...spec}: ImageSpec,
  arch: Arch,
  locked: (purpose: LockPurpose, request: string) => LockedSet,
): PinnedRelease | undefined {
  if (kubernetes === undefined) return undefined
  const request = kubernetesRequest({kubernetes, ...spec}, arch)
  return pinnedRelease(kubernetes, arch, request === undefined ? {packages: []} : locked('kubernetes', request))
}
