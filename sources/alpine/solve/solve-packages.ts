import {HaosError, nearest} from '#dsl'
import type {PackageIndex} from '../index/package-index.ts'
import {explainFailure} from './explain-failure.ts'
import {installOrder} from './install-order.ts'
import {type PackageConstraint, parseConstraint} from './package-constraint.ts'
import type {RepositoryTags} from './repository-tags.ts'
import {Solver, type WorldDependency} from './solver.ts'
import {DEFAULT_TAG, type Dependency, SolverGraph} from './solver-graph.ts'

/** One package of a solution. */
export interface SolvedPackage {
  /** Its number in the index. */
  readonly pkg: number
  readonly name: string
  readonly version: string
  /** Index of the repository that it comes from, in the given order. */
  readonly repository: number
  /** What requires it: packages as `name-version`, or the request as written. */
  readonly wantedBy: readonly string[]
}

/**
 * Finds the packages that satisfy the requests (lines of `etc/apk/world`), in the order in which apk installs them.
 *
 * The result equals apk 2.14's choice for an empty system. Throws `INPUT_INVALID` for a malformed request, and
 * `PACKAGE_CONFLICT` or `PACKAGE_NOT_FOUND` with an explanation if there is no solution. The solver ignores packages that
 * `allows` excludes.
 */
export function solvePackages(
  index: PackageIndex,
  tags: RepositoryTags,
  requests: readonly string[],
  {allows}: {readonly allows?: (pkg: number) => boolean} = {},
): readonly SolvedPackage[] {
  const graph = new SolverGraph(index, allows)
  const constraints = requests.map(parseConstraint)
  checkTags(constraints, tags)
  const world: WorldDependency[] = constraints
    .map((constraint) => ({
      ...constraint,
      name: graph.name(index.intern(constraint.name)),
      tag: (constraint.tag === undefined ? undefined : tags.bitOf(constraint.tag)) ?? DEFAULT_TAG,
    }))
    // apk ignores the order of lines, too. It compares the bytes of names.
    .sort((a, b) => Buffer.compare(Buffer.from(a.name.text), Buffer.from(b.name.text)))
  const solver = new Solver(graph, tags)
  solver.run(world)
  const order = installOrder(solver, world)
  if (solver.errors > 0) throw explainFailure(order, world, tags)
  const wanted = new Map<number, string[]>()
  const want = (dependency: Dependency, by: string) => {
    const id = dependency.conflict ? undefined : dependency.name.chosen?.pkg.id
    if (id !== undefined) wanted.set(id, [...(wanted.get(id) ?? []), by])
  }
  for (const dependency of world) want(dependency, dependency.text)
  for (const pkg of order) for (const dependency of pkg.depends) want(dependency, pkg.label)
  return order.map((pkg) => ({
    pkg: pkg.id,
    name: pkg.name.text,
    version: pkg.version,
    repository: firstOf(pkg.repositories & tags.repositoriesOf(pkg.pinning)) ?? firstOf(pkg.repositories) ?? 0,
    wantedBy: [...new Set(wanted.get(pkg.id) ?? pkg.installIf.map(({name}) => name.chosen?.pkg.label ?? name.text))],
  }))
}

/** Index of the first repository of a set; the lowest bit is apk's cache, which is unused here. */
const firstOf = (bits: number): number | undefined => (bits === 0 ? undefined : 30 - Math.clz32(bits & -bits))

function checkTags(constraints: readonly PackageConstraint[], tags: RepositoryTags): void {
  for (const {text, tag} of constraints) {
    if (tag === undefined || tags.bitOf(tag) !== undefined) continue
    const guess = nearest(tag, tags.names)
    throw new HaosError('INPUT_INVALID', `${text} names the repository tag @${tag}, which no repository has`, {
      hint: guess === undefined ? 'Add the repository with its tag, or leave the tag out.' : `Did you mean @${guess}?`,
    })
  }
}
