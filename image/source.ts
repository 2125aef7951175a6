import type * as z from 'zod'
import type {Arch} from '#dsl'
import type {Digest, EmitEvent, Http, PlanBuilder, Ref} from '#engine'

/** One pinned file. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** The distribution's own name of the architecture, as in the file name. */
  readonly arch: string
  /** Path below a mirror, never a full URL: the build machine chooses the mirror. */
  readonly path: string
  /** The distribution's archive that contains it, if there are several (Debian: `security`). */
  readonly archive?: string | undefined
  readonly sizeBytes: number
  readonly sha256: string
}

/** The resolved packages for one purpose, and their request: another request makes them stale. */
export interface LockedSet {
  readonly request: string
  readonly packages: readonly LockedPackage[]
}

/** What a source may use while it locks. Only `lock` gets it: planning uses no network. */
export interface LockContext {
  readonly arch: Arch
  readonly http: Http
  /** Directory of the recipe, to which its paths are relative. */
  readonly recipeDirectory: string
  /** A directory for downloads of indexes, kept between calls. */
  readonly cacheDir: string
  readonly signal: AbortSignal
  readonly emit: EmitEvent
  /**
   * Adds a file that was fetched to pin it to the store, so that a build need not fetch it again. Returns its digest.
   */
  readonly keep: (path: string) => Promise<Digest>
}

/** What a source may use while it explains: it fetches only indexes. */
export type ExplainContext = Omit<LockContext, 'keep'>

/** A package of a resolved request, and what requires it. */
export interface WantedPackage {
  readonly name: string
  /** Name and version, as the distribution writes them together. */
  readonly label: string
  /** Labels of the packages that depend on it, or the request as written. */
  readonly wantedBy: readonly string[]
}

/** Packages of the distribution that every image contains in addition to the recipe's list. */
export interface WellKnownPackages {
  /** Kernel package by flavour. */
  readonly kernel: Readonly<Record<'generic' | 'cloud', string>>
  /** Packages with GRUB's modules, for each firmware of the architecture. */
  readonly bootLoader: readonly string[]
  /** Package with the static busybox, and its path in the package. */
  readonly busybox: {readonly name: string; readonly path: string}
}

/** A kernel among packages. */
export interface PackagedKernel {
  /** Release, as `uname -r` prints it. */
  readonly version: string
  /** Path of the kernel image in the package. */
  readonly path: string
}

/** Where packages come from: names become locked packages, and locked packages become steps. */
export interface PackageSource<Spec> {
  readonly kind: string
  /** Its step for the root runs programs of the packages, so that others may, too. Default: false. */
  readonly runsPrograms?: boolean
  wellKnown(arch: Arch): WellKnownPackages
  /** The kernel among these packages; undefined if there is none. Pure. */
  kernelOf(packages: readonly LockedPackage[]): PackagedKernel | undefined
  /** Compares two versions: negative if the first is earlier, 0 if they are equal. Pure. */
  compareVersions(a: string, b: string): number
  /** Fills in settings of the build machine, such as its mirrors. Not part of any request or id. */
  complete(spec: Spec): Promise<Spec>
  /** Chooses versions. Only this function sees the current state of the mirrors, and the lock file records it. */
  lock(request: PackageRequest<Spec>, context: LockContext): Promise<readonly LockedPackage[]>
  /**
   * Resolves a request, with the pinned versions if they are still available, and reports the dependencies between
   * packages.
   */
  explain(request: PackageRequest<Spec>, context: ExplainContext): Promise<readonly WantedPackage[]>
  /** Adds one download for each package, with its origins. Pure. */
  fetch(spec: Spec, packages: readonly LockedPackage[], plan: PlanBuilder): readonly Ref<'file'>[]
  /**
   * Adds a step that lists files of packages before they are configured, as a JSON object of packages by path.
   * Optional. Pure.
   */
  paths?(packed: PackedPackages, plan: PlanBuilder): Ref<'file'>
  /** Adds the steps that make a configured root from the packages. Pure. */
  root(spec: Spec, packed: PackedPackages, plan: PlanBuilder): Ref<'tree'>
  /** Adds the steps that unpack the files of packages without installing them. Pure. */
  unpack(packed: PackedPackages, plan: PlanBuilder): Ref<'tree'>
  /**
   * Adds the steps that unpack package files that no archive of the distribution has. `labels` name them in errors, in the same order.
   * Optional. Pure.
   */
  unpackFiles?(archives: readonly Ref<'file'>[], labels: readonly string[], plan: PlanBuilder): Ref<'tree'>
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
  /** Package names; the source documents what may follow a name (`=version` and the like). */
  readonly names: readonly string[]
  /** `all`: with their dependencies; `none`: only these archives, to take files from. */
  readonly dependencies: 'all' | 'none'
  /** The current pins, to be kept where possible. Default: every version is chosen anew. */
  readonly pinned?: PinnedPackages | undefined
}

/** Packages that keep their versions, with exceptions. */
export interface PinnedPackages {
  readonly packages: readonly LockedPackage[]
  /** Names of packages to update. Packages built from the same source are updated with them. */
  readonly update: readonly string[]
}

/** Declares a package source, typed by its spec's schema. */
export const definePackageSource = <Schema extends z.ZodType>(
  source: PackageSource<z.output<Schema>> & {readonly spec: Schema},
): PackageSource<z.output<Schema>> & {readonly spec: Schema} => source
