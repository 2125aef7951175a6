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

/** The error for requests that cannot be fulfilled together: which package wants what, and what is there instead. */
export function explainFailure(
  order: readonly SolverPackage[],
  world: readonly WorldDependency[],
  tags: RepositoryTags,
): HaosError {
  const wishes: Wish[] = [
    ...world.map((dependency) => ({dependency, by: 'the request'})),
    ...order.flatMap((pkg) => pkg.depends.map((dependency) => ({dependency, by: pkg.label}))),
  ]
  const missing = missingNames(order, wishes)
  const problems = [
    ...missing.map((name) => explainMissing(name, wishes)),
    ...order.flatMap((pkg) => explainPackage(pkg, {order, wishes, tags})),
  ]
  const [first] = problems
  const nothingElse = missing.length > 0 && missing.every((name) => name.providers.length === 0)
  const summary = first && problems.length === 1 ? `${first.path} ${first.message}` : 'the packages do not fit together'
  return new HaosError(nothingElse ? 'PACKAGE_NOT_FOUND' : 'PACKAGE_CONFLICT', summary, {
    hint: first?.hint ?? 'Ask for fewer packages at once to see which of them exclude each other.',
    problems: problems.length > 1 ? problems : undefined,
  })
}

interface Wish {
  readonly dependency: Dependency
  readonly by: string
}

/** Names that something wants and that no chosen package answers to. */
function missingNames(order: readonly SolverPackage[], wishes: readonly Wish[]): SolverName[] {
  const present = new Set(order.flatMap((pkg) => [pkg.name, ...pkg.provides.map(({name}) => name)]))
  const wanted = wishes.filter(({dependency}) => !dependency.conflict).map(({dependency}) => dependency.name)
  return [...new Set(wanted)].filter((name) => !present.has(name))
}

function explainMissing(name: SolverName, wishes: readonly Wish[]): Problem {
  const wantedBy = list(wishes.filter(({dependency}) => dependency.name === name && !dependency.conflict).map(say))
  if (name.providers.length === 0) {
    const guess = nearest(name.text, name.neighbours())
    return {
      path: name.text,
      message: `is in none of the repositories; wanted by ${wantedBy}`,
      hint: guess === undefined ? 'Check the spelling, or add the repository that holds it.' : `Did you mean ${guess}?`,
    }
  }
  const choices = [...new Set(name.providers.map(({pkg}) => pkg.name.text))].sort()
  return {
    path: name.text,
    message: `is a role that several packages may play, and none is preferred (${list(choices)}); wanted by ${wantedBy}`,
    hint: `Ask for one of them by name, such as ${choices[0] ?? name.text}.`,
  }
}

interface Situation {
  readonly order: readonly SolverPackage[]
  readonly wishes: readonly Wish[]
  readonly tags: RepositoryTags
}

/** What is wrong with one of the packages that would have been chosen. */
function explainPackage(pkg: SolverPackage, {order, wishes, tags}: Situation): Problem[] {
  const broken: string[] = []
  const wanting: string[] = []
  for (const wish of wishes) {
    const answer = answerTo(wish.dependency.name, pkg)
    if (!answer) continue
    if (!isMet(wish.dependency, answer)) broken.push(say(wish))
    else if (!wish.dependency.conflict) wanting.push(say(wish))
  }
  const rivals = order.filter((other) => other !== pkg).flatMap((other) => rivalry(pkg, other))
  const masked = (pkg.repositories & tags.repositoriesOf(DEFAULT_TAG | pkg.pinning)) === 0 && !pkg.empty
  const parts = [
    ...(masked ? [`is only in the tagged repository @${tags.tagsOf(pkg.repositories).join(' and @')}`] : []),
    ...(broken.length > 0 ? [`is not what ${list(broken)} asks for`] : []),
    ...(rivals.length > 0 ? [`conflicts with ${list(rivals)}`] : []),
  ]
  if (parts.length === 0) return []
  return [
    {
      path: pkg.label,
      message: `${parts.join(', and ')}${wanting.length > 0 ? `; wanted by ${list(wanting)}` : ''}`,
      hint: masked
        ? `Ask for ${pkg.name.text}@${tags.tagsOf(pkg.repositories)[0]} if it may come from there.`
        : broken.length > 0
          ? `Change or leave out what asks for another version; there is ${list(versionsOf(pkg.name))}.`
          : 'Leave out one of the two.',
    },
  ]
}

/** How a package answers to a name: under its own, or under one that it provides. */
function answerTo(name: SolverName, pkg: SolverPackage): Provider | undefined {
  if (name === pkg.name) return {pkg, version: pkg.version}
  const provided = pkg.provides.find((dependency) => dependency.name === name)
  return provided && {pkg, version: provided.version}
}

/** Two packages exclude each other when both are, or provide with a version, one name. */
function rivalry(pkg: SolverPackage, other: SolverPackage): string[] {
  if (pkg.name === other.name) return [other.label]
  const shared = [{name: pkg.name, version: pkg.version}, ...pkg.provides].find(({name, version}) => {
    const answer = answerTo(name, other)
    return answer !== undefined && (answer.version !== undefined || version !== undefined)
  })
  return shared ? [`${other.label} (both provide ${shared.name.text})`] : []
}

const versionsOf = (name: SolverName): string[] => [
  ...new Set(name.providers.filter(({pkg}) => pkg.name === name).map(({pkg}) => pkg.label)),
]

function say({dependency, by}: Wish): string {
  const {name, conflict, comparison, version} = dependency
  return `${by} (${conflict ? '!' : ''}${name.text}${version === undefined ? '' : renderComparison(comparison) + version})`
}

/** Some of many, so that a message stays readable. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 4)
  const rest = items.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}
