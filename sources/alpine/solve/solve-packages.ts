import {HaosError, nearest} from '#dsl'
import type {PackageIndex} from '../index/package-index.ts'
import {explainFailure} from './explain-failure.ts'
import {installOrder} from './install-order.ts'
import {type PackageWish, parseWish} from './package-wish.ts'
import type {RepositoryTags} from './repository-tags.ts'
import {Solver, type WorldDependency} from './solver.ts'
import {DEFAULT_TAG, type Dependency, SolverGraph} from './solver-graph.ts'

/** One package of a solution. */
export interface SolvedPackage {
  /** Its number in the index. */
  readonly pkg: number
  readonly name: string
  readonly version: string
  /** Place of the repository that it comes from, in the order in which they were given. */
  readonly repository: number
  /** What requires it: packages as `name-version`, or the request as written. */
  readonly wantedBy: readonly string[]
}

/**
 * Finds the packages that fulfil the requests (lines of `etc/apk/world`), in the order in which apk installs them.
 *
 * Equal to what apk 2.14 chooses for an empty system. Throws `INPUT_INVALID` for a request that is not one,
 * and `PACKAGE_CONFLICT` or `PACKAGE_NOT_FOUND` with an explanation when there is no solution. What `allows` leaves out
 * does not exist for the solver.
 */
export function solvePackages(
  index: PackageIndex,
  tags: RepositoryTags,
  requests: readonly string[],
  {allows}: {readonly allows?: (pkg: number) => boolean} = {},
): readonly SolvedPackage[] {
  const graph = new SolverGraph(index, allows)
  const wishes = requests.map(parseWish)
  checkTags(wishes, tags)
  const world: WorldDependency[] = wishes
    .map((wish) => ({
      ...wish,
      name: graph.name(index.intern(wish.name)),
      tag: (wish.tag === undefined ? undefined : tags.bitOf(wish.tag)) ?? DEFAULT_TAG,
    }))
    // The order of lines does not count in apk either. Byte order is that of the names' UTF-8.
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

/** Place of the first repository of a set; the lowest bit is apk's cache, which is unused here. */
const firstOf = (bits: number): number | undefined => (bits === 0 ? undefined : 30 - Math.clz32(bits & -bits))

function checkTags(wishes: readonly PackageWish[], tags: RepositoryTags): void {
  for (const {text, tag} of wishes) {
    if (tag === undefined || tags.bitOf(tag) !== undefined) continue
    const guess = nearest(tag, tags.names)
    throw new HaosError('INPUT_INVALID', `${text} asks for a repository with the tag @${tag}, and there is none`, {
      hint: guess === undefined ? 'Add the repository with its tag, or leave the tag out.' : `Did you mean @${guess}?`,
    })
  }
}
