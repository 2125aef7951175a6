import {discover} from './discover.ts'
import {compareProviders} from './provider-order.ts'
import type {RepositoryTags} from './repository-tags.ts'
import {
  type Dependency,
  isMet,
  type Provider,
  type SolverGraph,
  type SolverName,
  type SolverPackage,
} from './solver-graph.ts'
import {UndecidedNames} from './undecided-names.ts'

/** A line of `etc/apk/world`, with the bit of the tag that it names. */
export interface WorldDependency extends Dependency {
  readonly text: string
  readonly tag: number
}

/**
 * Chooses packages that satisfy the world, as apk 2.14 does.
 *
 * The method is apk's own: constraints propagate to candidates, an impossible
 * candidate excludes the candidates that depend on it, and a name is decided only
 * when nothing propagates any more. There is no backtracking, so the order in
 * which names are decided determines the result.
 */
export class Solver {
  readonly graph: SolverGraph
  readonly #tags: RepositoryTags
  #dirty: SolverName[] = []
  #dirtyHead = 0
  readonly #undecided = new UndecidedNames()
  errors = 0

  constructor(graph: SolverGraph, tags: RepositoryTags) {
    this.graph = graph
    this.#tags = tags
  }

  /** Decides every name that the world reaches. Afterwards names have their choice, and `errors` counts the problems. */
  run(world: readonly WorldDependency[]): void {
    for (const {name} of world) discover(name, this.#tags)
    this.graph.linkDependents()
    for (const dependency of world) this.#constrain(undefined, dependency, dependency.tag)
    for (;;) {
      for (let name = this.#nextDirty(); name; name = this.#nextDirty()) this.#reconsider(name)
      const name = this.#undecided.next()
      if (!name) return
      this.#decide(name)
    }
  }

  markBroken(pkg: SolverPackage | undefined): void {
    if (!pkg || pkg.broken) return
    pkg.broken = true
    this.errors++
  }

  #queueDirty(name: SolverName): void {
    if (name.dirty || name.locked || (name.requirers === 0 && !name.recheckInstallIf)) return
    name.dirty = true
    this.#dirty.push(name)
  }

  #nextDirty(): SolverName | undefined {
    while (this.#dirtyHead < this.#dirty.length) {
      const name = this.#dirty[this.#dirtyHead++]
      if (!name?.dirty) continue
      name.dirty = false
      return name
    }
    this.#dirty = []
    this.#dirtyHead = 0
    return undefined
  }

  #queueUnresolved(name: SolverName): void {
    if (name.locked) return
    if (name.requirers > 0 || name.hasInstallIf) this.#undecided.add(name)
    else this.#undecided.drop(name)
  }

  #recheckDependents(name: SolverName): void {
    for (const dependent of name.dependents) {
      if (!dependent.seen) continue
      dependent.recheckDependencies = true
      this.#queueDirty(dependent)
    }
  }

  #recheckInstallIf(name: SolverName): void {
    for (const dependent of name.installIfDependents) {
      if (!dependent.seen || dependent.noInstallIf) continue
      dependent.recheckInstallIf = true
      this.#queueDirty(dependent)
    }
  }

  #disqualify(pkg: SolverPackage): void {
    pkg.selectable = false
    this.#recheckDependents(pkg.name)
    for (const provided of pkg.provides) this.#recheckDependents(provided.name)
    this.#recheckInstallIfOf(pkg)
  }

  #recheckInstallIfOf({name, provides}: SolverPackage): void {
    this.#recheckInstallIf(name)
    for (const provided of provides) this.#recheckInstallIf(provided.name)
  }

  #isSatisfiable(dependency: Dependency): boolean {
    const {name} = dependency
    if (name.locked) return isMet(dependency, name.chosen)
    if (name.requirers === 0 && isMet(dependency, undefined)) return true
    return name.providers.some((provider) => provider.pkg.selectable && isMet(dependency, provider))
  }

  #requirersChanged(name: SolverName): void {
    this.#queueUnresolved(name)
    this.#recheckInstallIf(name)
    this.#queueDirty(name)
  }

  /** Allows a package the tagged repositories that its parent is allowed; the world names a tag itself. */
  #inheritPinning(pkg: SolverPackage, parent: SolverPackage | undefined, tag: number): void {
    if (parent) pkg.pinning |= parent.pinning
    else {
      pkg.pinning |= tag
      pkg.tagPreferred = (pkg.repositories & this.#tags.repositoriesOf(tag)) !== 0
    }
    pkg.tagOk ||= (pkg.repositories & this.#tags.repositoriesOf(pkg.pinning)) !== 0
  }

  #constrain(parent: SolverPackage | undefined, dependency: Dependency, tag = 0): void {
    const {name, conflict} = dependency
    if (!conflict) {
      name.requirers++
      if (name.requirers === 1) this.#requirersChanged(name)
    }
    for (const provider of name.providers) {
      const met = isMet(dependency, provider)
      const {pkg} = provider
      if (!met) pkg.conflicts++
      if (pkg.selectable && pkg.conflicts > 0) this.#disqualify(pkg)
      if (met) this.#inheritPinning(pkg, parent, tag)
    }
  }

  /** If every candidate of one name also provides another name, every provider of that other name must provide this one. */
  #excludeNonProviders(name: SolverName, mustProvide: SolverName, skipVirtual: boolean): void {
    if (name === mustProvide) return
    for (const {pkg, version} of name.providers) {
      if (pkg.name === mustProvide || !pkg.selectable || (skipVirtual && version === undefined)) continue
      const provides = pkg.provides.some(
        (provided) => provided.name === mustProvide || (skipVirtual && provided.version === undefined),
      )
      if (!provides) this.#disqualify(pkg)
    }
  }

  #reconsider(name: SolverName): void {
    const {recheckDependencies, recheckInstallIf} = name
    name.recheckDependencies = false
    name.recheckInstallIf = false
    const candidates: SolverPackage[] = []
    let tagsNotOk = 0
    let hasInstallIf = false
    let noInstallIf = true
    for (const {pkg, version} of name.providers) {
      pkg.merged = false
      if (recheckDependencies) {
        if (!pkg.selectable) continue
        if (!pkg.depends.every((dependency) => this.#isSatisfiable(dependency))) this.#disqualify(pkg)
      }
      if (!pkg.selectable) continue
      if (recheckInstallIf) this.#checkInstallIf(pkg)
      hasInstallIf ||= pkg.installIfTriggered
      noInstallIf &&= pkg.installIfFailed
      if (name.requirers === 0) continue

      pkg.merged = true
      const number = candidates.length
      for (const {name: wanted, conflict} of pkg.depends)
        if (!conflict && wanted.sharedDependency === number) wanted.sharedDependency = number + 1
      countProvided(pkg.name, version, number)
      for (const provided of pkg.provides) countProvided(provided.name, provided.version, number)
      if (!pkg.tagOk) tagsNotOk++
      candidates.push(pkg)
    }
    name.hasOptions = candidates.length > 1 || tagsNotOk > 0
    name.hasInstallIf = hasInstallIf
    name.noInstallIf = noInstallIf
    this.#queueUnresolved(name)
    const [first] = candidates
    if (first) this.#propagate(name, first, candidates.length)
    name.dependentsDone = !name.dependents.some((dependent) => dependent.seen && !dependent.locked)
  }

  /** Installs the package automatically if everything that its `install_if` names has been chosen. */
  #checkInstallIf(pkg: SolverPackage): void {
    if (!pkg.installIfTriggered && !pkg.installIfFailed) {
      const open = pkg.installIf.find(({name, ...rest}) => !name.locked || !isMet({name, ...rest}, name.chosen))
      pkg.installIfTriggered = open === undefined
      pkg.installIfFailed = open?.name.locked ?? false
    }
    if (!pkg.installIfTriggered) return
    for (const {name} of pkg.installIf) this.#inheritPinning(pkg, name.chosen?.pkg, 0)
  }

  /** Applies what all candidates have in common before one is chosen. */
  #propagate(name: SolverName, first: SolverPackage, candidates: number): void {
    for (const {pkg} of name.providers) pkg.mergedBefore = pkg.merged
    for (const dependency of first.depends) {
      const wanted = dependency.name
      const shared = wanted.sharedDependency === candidates
      wanted.sharedDependency = 0
      if (!shared) continue
      if (candidates === 1) this.#constrain(first, dependency)
      else if (wanted.requirers === 0) {
        wanted.requirers++
        this.#requirersChanged(wanted)
        for (const {pkg} of wanted.providers) this.#inheritPinning(pkg, first, 0)
      }
    }
    for (const provided of [first.name, ...first.provides.map((dependency) => dependency.name)]) {
      const shared = provided.sharedProvide === candidates
      provided.sharedProvide = 0
      if (shared) this.#excludeNonProviders(provided, name, provided.providedWithoutVersion)
    }
    first.name.providedWithoutVersion = false
    for (const provided of first.provides) provided.name.providedWithoutVersion = false
  }

  #decide(name: SolverName): void {
    let chosen: Provider | undefined
    for (const provider of name.providers) {
      const {pkg, version} = provider
      if (name.requirers === 0 && (!pkg.installIfTriggered || !pkg.tagOk)) continue
      // A virtual package is provided only by a package with a provider priority, or one that is required anyway.
      if (version === undefined && pkg.name.requirers === 0 && pkg.priority === 0) continue
      if (compareProviders(provider, chosen) > 0) chosen = provider
    }
    if (!chosen) {
      this.#assign(name, undefined)
      if (name.requirers > 0) this.errors++
      return
    }
    const {pkg} = chosen
    if (!pkg.selectable || !pkg.tagOk) this.markBroken(pkg)
    this.#assign(pkg.name, {pkg, version: pkg.version})
    for (const provided of pkg.provides) this.#assign(provided.name, {pkg, version: provided.version})
    for (const dependency of pkg.depends) this.#constrain(pkg, dependency)
  }

  #assign(name: SolverName, choice: Provider | undefined): void {
    if (name.locked) {
      if (choice?.version === undefined && name.chosen?.version === undefined) return
      this.markBroken(choice?.pkg)
      this.markBroken(name.chosen?.pkg)
      return
    }
    name.locked = true
    name.chosen = choice
    name.dirty = false
    this.#undecided.drop(name)
    for (const other of name.providers) {
      if (other.pkg === choice?.pkg || (choice?.version === undefined && other.version === undefined)) continue
      this.#disqualify(other.pkg)
    }
    this.#recheckDependents(name)
    if (choice) this.#recheckInstallIfOf(choice.pkg)
    else this.#recheckInstallIf(name)
  }
}

/** Counts a candidate that provides a name, as long as all earlier candidates do. */
function countProvided(name: SolverName, version: string | undefined, number: number): void {
  if (name.sharedProvide !== number) return
  name.sharedProvide = number + 1
  if (version === undefined) name.providedWithoutVersion = true
}
