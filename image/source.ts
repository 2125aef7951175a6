import type * as z from 'zod'
import type {Arch} from '#dsl'
import type {Digest, EmitEvent, Http, PlanBuilder, Ref} from '#engine'

/** One file of the pinned world. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** The distribution's own name of the architecture, as in the file name. */
  readonly arch: string
  /** Path below a mirror, never a whole address: which mirror is a matter of the machine that builds. */
  readonly path: string
  /** Which of a distribution's archives holds it, where there are several (Debian: `security`). */
  readonly archive?: string | undefined
  readonly sizeBytes: number
  readonly sha256: string
}

/** What was resolved for one purpose, and for which request: another request makes it stale. */
export interface LockedSet {
  readonly request: string
  readonly packages: readonly LockedPackage[]
}

/** What a source may use while it locks. Only `lock` is given it: planning asks nobody. */
export interface LockContext {
  readonly arch: Arch
  readonly http: Http
  /** Directory of the recipe, to which its paths are relative. */
  readonly recipeDirectory: string
  /** A directory for downloads of indexes, kept between calls. */
  readonly cacheDir: string
  readonly signal: AbortSignal
  readonly emit: EmitEvent
  /** Takes a file that had to be fetched to be pinned into the store, so that a build need not fetch it again. Gives its digest. */
  readonly keep: (path: string) => Promise<Digest>
}

/** What a source may use while it explains: nothing is fetched but indexes. */
export type ExplainContext = Omit<LockContext, 'keep'>

/** A package of a resolved request, and why it is there. */
export interface WantedPackage {
  readonly name: string
  /** Name and version, as the distribution writes them together. */
  readonly label: string
  /** Labels of the packages that want it, or the request as it was written. */
  readonly wantedBy: readonly string[]
}

/** What every image takes from its distribution beside the recipe's list. */
export interface WellKnownPackages {
  /** Kernel package by flavour. */
  readonly kernel: Readonly<Record<'generic' | 'cloud', string>>
  /** Packages with GRUB's modules, for each firmware of the architecture. */
  readonly bootLoader: readonly string[]
  /** Package with the static busybox, and where it is in it. */
  readonly busybox: {readonly name: string; readonly path: string}
}

/** A kernel among packages. */
export interface PackagedKernel {
  /** Release, as `uname -r` prints it. */
  readonly version: string
  /** Where the kernel itself is. */
  readonly path: string
}

/** From where packages come: names become locked packages, and locked packages become steps. */
export interface PackageSource<Spec> {
  readonly kind: string
  wellKnown(arch: Arch): WellKnownPackages
  /** The kernel that is among these packages. Pure. */
  kernelOf(packages: readonly LockedPackage[]): PackagedKernel | undefined
  /** Which of two versions is the later one: negative where the first is earlier, 0 where they are the same. Pure. */
  compareVersions(a: string, b: string): number
  /** Fills in what only the machine that builds knows, such as its mirrors. No part of any request or id. */
  complete(spec: Spec): Promise<Spec>
  /** Chooses versions. Only here does today's state of the world get in, and only to be written down. */
  lock(request: PackageRequest<Spec>, context: LockContext): Promise<readonly LockedPackage[]>
  /** What a request comes to and who wants it, with the versions that are pinned as far as they are still to be had. */
  explain(request: PackageRequest<Spec>, context: ExplainContext): Promise<readonly WantedPackage[]>
  /** Adds one download for each package and says where it can be had. Pure. */
  fetch(spec: Spec, packages: readonly LockedPackage[], plan: PlanBuilder): readonly Ref<'file'>[]
  /** Adds what lists files of packages long before they are configured, as JSON of path and package. Not every source can. Pure. */
  paths?(packed: PackedPackages, plan: PlanBuilder): Ref<'file'>
  /** Adds what makes a configured root of the packages. Pure. */
  root(spec: Spec, packed: PackedPackages, plan: PlanBuilder): Ref<'tree'>
  /** Adds what takes the files of packages as they are, without installing them. Pure. */
  unpack(packed: PackedPackages, plan: PlanBuilder): Ref<'tree'>
}

/** Locked packages with their archives, in the same order. */
export interface PackedPackages {
  readonly arch: Arch
  readonly packages: readonly LockedPackage[]
  readonly archives: readonly Ref<'file'>[]
}

/** Names to be resolved together. */
export interface PackageRequest<Spec> {
  readonly spec: Spec
  /** Package names; the source documents what else a name may carry (`=version` and the like). */
  readonly names: readonly string[]
  /** `all`: with everything they depend on; `none`: just these archives, to take files from. */
  readonly dependencies: 'all' | 'none'
  /** What is pinned now, where it is to stay as far as that can be. Default: everything is chosen anew. */
  readonly pinned?: PinnedPackages | undefined
}

/** Packages that stay in their versions, but for some. */
export interface PinnedPackages {
  readonly packages: readonly LockedPackage[]
  /** Names of those that are to be updated. What is built from the same source goes with them. */
  readonly update: readonly string[]
}

/** Declares a package source, typed by its spec's schema. */
export const definePackageSource = <Schema extends z.ZodType>(
  source: PackageSource<z.output<Schema>> & {readonly spec: Schema},
): PackageSource<z.output<Schema>> & {readonly spec: Schema} => source
