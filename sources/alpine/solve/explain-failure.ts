import {HaosError, nearest, type Problem} from '#dsl'
import {renderComparison} from '../index/version.ts'
import type {RepositoryTags} from './repository-tags.ts'
import type {WorldDependency} from './solver.ts'
import {
  DEFAULT_TAG,
  type Dependency,
  isMet,
  type Provider,
  type SolverName,
  type SolverPackage,
} from './solver-graph.ts'

/** The error for requests without a common solution: which package requires what, and what is available instead. */
export function explainFailure(
  order: readonly SolverPackage[],
  world: readonly WorldDependency[],
  tags: RepositoryTags,
): HaosError {
  const requirements: Requirement[] = [
    ...world.map((dependency) => ({dependency, by: 'the request'})),
    ...order.flatMap((pkg) => pkg.depends.map((dependency) => ({dependency, by: pkg.label}))),
  ]
  const missing = missingNames(order, requirements)
  const problems = [
    ...missing.map((name) => explainMissing(name, requirements)),
    ...order.flatMap((pkg) => explainPackage(pkg, {order, requirements, tags})),
  ]
  const [first] = problems
  const nothingElse = missing.length > 0 && missing.every((name) => name.providers.length === 0)
  const summary =
    first && problems.length === 1 ? `${first.path} ${first.message}` : 'the packages cannot be installed together'
  return new HaosError(nothingElse ? 'PACKAGE_NOT_FOUND' : 'PACKAGE_CONFLICT', summary, {
    hint: first?.hint ?? 'Request fewer packages at once to see which of them exclude each other.',
    problems: problems.length > 1 ? problems : undefined,
  })
}

interface Requirement {
  readonly dependency: Dependency
  readonly by: string
}

/** Required names that no chosen package provides. */
function missingNames(order: readonly SolverPackage[], requirements: readonly Requirement[]): SolverName[] {
  const present = new Set(order.flatMap((pkg) => [pkg.name, ...pkg.provides.map(({name}) => name)]))
  const wanted = requirements.filter(({dependency}) => !dependency.conflict).map(({dependency}) => dependency.name)
  return [...new Set(wanted)].filter((name) => !present.has(name))
}

function explainMissing(name: SolverName, requirements: readonly Requirement[]): Problem {
  const requiredBy = list(
    requirements.filter(({dependency}) => dependency.name === name && !dependency.conflict).map(describe),
  )
  if (name.providers.length === 0) {
    const guess = nearest(name.text, name.neighbours())
    return {
      path: name.text,
      message: `is in none of the repositories; required by ${requiredBy}`,
      hint: guess === undefined ? 'Check the spelling, or add the repository that holds it.' : `Did you mean ${guess}?`,
    }
  }
  const choices = [...new Set(name.providers.map(({pkg}) => pkg.name.text))].sort()
  return {
    path: name.text,
    message: `is a virtual package with several providers, none of which is preferred (${list(choices)}); required by ${requiredBy}`,
    hint: `Request one of them by name, such as ${choices[0] ?? name.text}.`,
  }
}

interface Situation {
  readonly order: readonly SolverPackage[]
  readonly requirements: readonly Requirement[]
  readonly tags: RepositoryTags
}

/** The problems of one of the packages that would have been chosen. */
function explainPackage(pkg: SolverPackage, {order, requirements, tags}: Situation): Problem[] {
  const broken: string[] = []
  const requiring: string[] = []
  for (const requirement of requirements) {
    const answer = providerOf(requirement.dependency.name, pkg)
    if (!answer) continue
    if (!isMet(requirement.dependency, answer)) broken.push(describe(requirement))
    else if (!requirement.dependency.conflict) requiring.push(describe(requirement))
  }
  const rivals = order.filter((other) => other !== pkg).flatMap((other) => conflictsBetween(pkg, other))
  const masked = (pkg.repositories & tags.repositoriesOf(DEFAULT_TAG | pkg.pinning)) === 0 && !pkg.empty
  const parts = [
    ...(masked ? [`is only in the tagged repository @${tags.tagsOf(pkg.repositories).join(' and @')}`] : []),
    ...(broken.length > 0 ? [`does not satisfy ${list(broken)}`] : []),
    ...(rivals.length > 0 ? [`conflicts with ${list(rivals)}`] : []),
  ]
  if (parts.length === 0) return []
  return [
    {
      path: pkg.label,
      message: `${parts.join(', and ')}${requiring.length > 0 ? `; required by ${list(requiring)}` : ''}`,
      hint: masked
        ? `Request ${pkg.name.text}@${tags.tagsOf(pkg.repositories)[0]} if it may come from there.`
        : broken.length > 0
          ? `Change or leave out what requires another version; available: ${list(versionsOf(pkg.name))}.`
          : 'Leave out one of the two.',
    },
  ]
}

/** How a package provides a name: as its own, or as one in its `provides`. */
function providerOf(name: SolverName, pkg: SolverPackage): Provider | undefined {
  if (name === pkg.name) return {pkg, version: pkg.version}
  const provided = pkg.provides.find((dependency) => dependency.name === name)
  return provided && {pkg, version: provided.version}
}

/** Two packages exclude each other if both have, or provide with a version, the same name. */
function conflictsBetween(pkg: SolverPackage, other: SolverPackage): string[] {
  if (pkg.name === other.name) return [other.label]
  const shared = [{name: pkg.name, version: pkg.version}, ...pkg.provides].find(({name, version}) => {
    const answer = providerOf(name, other)
    return answer !== undefined && (answer.version !== undefined || version !== undefined)
  })
  return shared ? [`${other.label} (both provide ${shared.name.text})`] : []
}

const versionsOf = (name: SolverName): string[] => [
  ...new Set(name.providers.filter(({pkg}) => pkg.name === name).map(({pkg}) => pkg.label)),
]

function describe({dependency, by}: Requirement): string {
  const {name, conflict, comparison, version} = dependency
  return `${by} (${conflict ? '!' : ''}${name.text}${version === undefined ? '' : renderComparison(comparison) + version})`
}

/** The first four of a list, so that a message stays readable. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 4)
  const rest = items.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}
