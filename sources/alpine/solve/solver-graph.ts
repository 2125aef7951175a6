import type {PackageIndex} from '../index/package-index.ts'
import {CONFLICT, DEPENDENCY_SIZE} from '../index/read-dependencies.ts'
import {ANY_VERSION, matchesVersion, SAME_CHECKSUM} from '../index/version.ts'

/** What one package, or the world, requires of a name. */
export interface Dependency {
  readonly name: SolverName
  readonly conflict: boolean
  /** Bits of `Compare`. */
  readonly comparison: number
  readonly version: string | undefined
}

/** A package under one of the names that it provides, with the version under that name, if any. */
export interface Provider {
  readonly pkg: SolverPackage
  readonly version: string | undefined
}

/** A name and the solver's state for it. */
export class SolverName {
  readonly id: number
  readonly text: string
  readonly #graph: SolverGraph
  #providers: readonly Provider[] | undefined
  #installIfDependents: readonly SolverName[] | undefined
  /** Names whose packages depend on this one, as far as they were reached. */
  readonly dependents: SolverName[] = []

  seen = false
  /** Length of the longest chain of dependencies below it, as known when it was visited. */
  depth = 0
  /** 0 if only packages of this name provide it, 2 if only others do. */
  rank = 0
  /** Number of dependencies that require it. */
  requirers = 0
  locked = false
  chosen: Provider | undefined
  dirty = false
  unresolved = false
  recheckDependencies = false
  recheckInstallIf = false
  hasOptions = false
  hasInstallIf = false
  noInstallIf = false
  dependentsDone = false
  /** Counters that show whether all candidates of a name share a dependency, or provide a name. */
  sharedDependency = 0
  sharedProvide = 0
  providedWithoutVersion = false
  listed = false

  constructor(id: number, graph: SolverGraph) {
    this.id = id
    this.text = graph.index.names.text(id)
    this.#graph = graph
  }

  get providers(): readonly Provider[] {
    this.#providers ??= this.#graph.index
      .providersOf(this.id)
      .filter(({pkg}) => this.#graph.allows(pkg))
      .map(({pkg, version}) => ({pkg: this.#graph.package(pkg), version}))
    return this.#providers
  }

  /** Names of all packages, for suggestions. */
  neighbours(): Iterable<string> {
    return this.#graph.index.packageNames()
  }

  /** Names of packages whose `install_if` mentions this one, in the order of apk's iteration. */
  get installIfDependents(): readonly SolverName[] {
    this.#installIfDependents ??= this.#graph.installIfDependents(this.id)
    return this.#installIfDependents
  }
}

/** A package and the solver's state for it. */
export class SolverPackage {
  readonly id: number
  readonly name: SolverName
  readonly version: string
  /** Bits of the repositories that list it. */
  readonly repositories: number
  readonly priority: number
  readonly empty: boolean
  readonly #graph: SolverGraph
  #depends: readonly Dependency[] | undefined
  #provides: readonly Dependency[] | undefined
  #installIf: readonly Dependency[] | undefined

  seen = false
  depth = 0
  selectable = true
  /** Number of constraints that it does not satisfy. */
  conflicts = 0
  /** Bits of the tags that its dependents allow. */
  pinning = DEFAULT_TAG
  tagOk = false
  tagPreferred = false
  installIfTriggered = false
  installIfFailed = false
  merged = false
  mergedBefore = false
  broken = false
  listed = false

  constructor(id: number, graph: SolverGraph) {
    const {index} = graph
    this.id = id
    this.#graph = graph
    this.name = graph.name(index.nameOf(id))
    this.version = index.versionOf(id)
    this.repositories = index.repositoriesOf(id)
    this.priority = index.priorityOf(id)
    this.empty = index.isEmpty(id)
  }

  get label(): string {
    return `${this.name.text}-${this.version}`
  }

  /** As in the index: `Q1` and the SHA-1 of the control segment in base64. */
  get checksum(): string | undefined {
    return this.#graph.index.recordOf(this.id)['C']
  }

  get depends(): readonly Dependency[] {
    const {depends, provides} = this.#graph.index.listsOf(this.id)
    this.#depends ??= this.#graph.dependencies(depends, provides)
    return this.#depends
  }

  get provides(): readonly Dependency[] {
    const {provides, installIf} = this.#graph.index.listsOf(this.id)
    this.#provides ??= this.#graph.dependencies(provides, installIf)
    return this.#provides
  }

  get installIf(): readonly Dependency[] {
    const {installIf, end} = this.#graph.index.listsOf(this.id)
    this.#installIf ??= this.#graph.dependencies(installIf, end)
    return this.#installIf
  }
}

/** The bit of the repositories without a tag. */
export const DEFAULT_TAG = 1

/** Names and packages as objects, created when first reached: a solution needs few of them. */
export class SolverGraph {
  readonly index: PackageIndex
  readonly #names = new Map<number, SolverName>()
  readonly #packages = new Map<number, SolverPackage>()

  /** Whether a package, by its number, may be chosen. */
  readonly allows: (pkg: number) => boolean

  constructor(index: PackageIndex, allows: (pkg: number) => boolean = () => true) {
    this.index = index
    this.allows = allows
  }

  name(id: number): SolverName {
    let name = this.#names.get(id)
    if (!name) {
      name = new SolverName(id, this)
      this.#names.set(id, name)
    }
    return name
  }

  package(id: number): SolverPackage {
    let pkg = this.#packages.get(id)
    if (!pkg) {
      pkg = new SolverPackage(id, this)
      this.#packages.set(id, pkg)
    }
    return pkg
  }

  dependencies(start: number, end: number): Dependency[] {
    const found: Dependency[] = []
    for (let at = start; at < end; at += DEPENDENCY_SIZE) {
      const {name, comparison, version} = this.index.dependencyAt(at)
      const conflict = (comparison & CONFLICT) !== 0
      found.push({name: this.name(name), conflict, comparison: comparison & ~CONFLICT, version})
    }
    return found
  }

  installIfDependents(id: number): SolverName[] {
    return this.index.installIfDependents(id).map((dependent) => this.name(dependent))
  }

  /** Records for each reached name which reached names depend on it, in the order of apk's iteration. */
  linkDependents(): void {
    const seen = [...this.#names.values()].filter((name) => name.seen)
    seen.sort((a, b) => this.index.names.compareWalk(a.id, b.id))
    for (const name of seen) {
      let others = 0
      for (const {pkg} of name.providers) {
        if (pkg.name !== name) others++
        for (const dependency of pkg.depends) {
          // Names are processed one after another, so a repetition can only be the last entry.
          if (dependency.name.dependents.at(-1) !== name) dependency.name.dependents.push(name)
        }
      }
      name.rank = others === 0 ? 0 : others === name.providers.length ? 2 : 1
    }
  }
}

/** Whether a choice satisfies a dependency; `undefined` means that nothing is chosen. */
export function isMet({conflict, comparison, version}: Dependency, choice: Provider | undefined): boolean {
  if (choice === undefined) return conflict
  if (comparison === ANY_VERSION) return !conflict
  if (comparison === SAME_CHECKSUM) return choice.pkg.checksum === version
  if (choice.version === undefined || version === undefined) return conflict
  return matchesVersion(choice.version, comparison, version) !== conflict
}
