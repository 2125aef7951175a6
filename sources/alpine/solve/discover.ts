import type {RepositoryTags} from './repository-tags.ts'
import {DEFAULT_TAG, type SolverName, type SolverPackage} from './solver-graph.ts'

/**
 * Visits all names that a name may need, dependencies first, and measures their depth.
 *
 * It does not recurse, because chains in an index may be of any length.
 */
export function discover(first: SolverName, tags: RepositoryTags): void {
  if (first.seen) return
  const stack = [startVisit(first)]
  for (let visit = stack.at(-1); visit; visit = stack.at(-1)) {
    const next = continueVisit(visit, tags)
    if (next) stack.push(startVisit(next))
    else stack.pop()
  }
}

/** The state of a visit to a name. */
interface Visit {
  readonly name: SolverName
  provider: number
  /** Index among the provider's dependencies, -1 before the first. */
  dependency: number
  /** What is visited after the providers. */
  rest?: Generator<SolverName>
}

function startVisit(name: SolverName): Visit {
  name.seen = true
  name.noInstallIf = true
  return {name, provider: 0, dependency: -1}
}

/** The next name that has to be visited before this visit can continue. */
function continueVisit(visit: Visit, tags: RepositoryTags): SolverName | undefined {
  const {name} = visit
  for (; visit.provider < name.providers.length; visit.provider++, visit.dependency = -1) {
    const pkg = name.providers[visit.provider]?.pkg
    if (!pkg) continue
    if (!pkg.seen) {
      admit(pkg, tags)
      visit.dependency = 0
    }
    if (visit.dependency >= 0) {
      for (; visit.dependency < pkg.depends.length; visit.dependency++) {
        const wanted = pkg.depends[visit.dependency]?.name
        if (!wanted) continue
        if (!wanted.seen) return wanted
        pkg.depth = Math.max(pkg.depth, wanted.depth + 1)
      }
    }
    name.noInstallIf &&= pkg.installIfFailed
    name.depth = Math.max(name.depth, pkg.depth)
  }
  visit.rest ??= laterVisits(name)
  for (let next = visit.rest.next(); !next.done; next = visit.rest.next()) if (!next.value.seen) return next.value
  return undefined
}

function admit(pkg: SolverPackage, tags: RepositoryTags): void {
  pkg.seen = true
  pkg.installIfFailed = pkg.installIf.length === 0
  pkg.tagPreferred = pkg.empty || (pkg.repositories & tags.repositoriesOf(DEFAULT_TAG)) !== 0
  pkg.tagOk = pkg.tagPreferred
}

/**
 * Names of packages that may be installed automatically because of a name's providers.
 *
 * Observed in apk: the dependents of a provided name are found only if that name was not reached before.
 */
function* laterVisits(name: SolverName): Generator<SolverName> {
  for (const {pkg} of name.providers) {
    yield* pkg.name.installIfDependents
    for (const provided of pkg.provides) if (!provided.name.seen) yield* provided.name.installIfDependents
  }
}
