import type {Solver, WorldDependency} from './solver.ts'
import {type Dependency, isMet, type SolverName, type SolverPackage} from './solver-graph.ts'

/**
 * The chosen packages in the order in which apk installs them: dependencies first, and each automatically installed
 * package right after the last one that its `install_if` names.
 *
 * Adds packages whose dependencies are not satisfied to the solver's count of errors.
 */
export function installOrder(solver: Solver, world: readonly WorldDependency[]): SolverPackage[] {
  const order: SolverPackage[] = []
  const stack: Job[] = []
  for (const dependency of [...world].reverse()) stack.push({type: 'dependency', dependency, parent: undefined})
  // A stack instead of recursion: chains may be of any length.
  for (let job = stack.pop(); job; job = stack.pop()) {
    switch (job.type) {
      case 'dependency':
        if (!isMet(job.dependency, job.dependency.name.chosen)) solver.markBroken(job.parent)
        stack.push({type: 'inherit', dependency: job.dependency, parent: job.parent})
        stack.push({type: 'name', name: job.dependency.name})
        break
      case 'inherit':
        if (job.dependency.name.chosen?.pkg.broken) solver.markBroken(job.parent)
        break
      case 'name': {
        const pkg = enlist(job.name)
        if (!pkg) break
        stack.push({type: 'package', pkg})
        for (const dependency of [...pkg.depends].reverse()) stack.push({type: 'dependency', dependency, parent: pkg})
        break
      }
      case 'package':
        order.push(job.pkg)
        for (const name of dependentsOf(job.pkg).reverse()) stack.push({type: 'install-if', name})
        break
      case 'install-if':
        if (isAutomatic(job.name)) stack.push({type: 'name', name: job.name})
        break
    }
  }
  return order
}

/** Names of packages whose `install_if` mentions this package or something that it provides. */
const dependentsOf = ({name, provides}: SolverPackage): SolverName[] => [
  ...name.installIfDependents,
  ...provides.flatMap((provided) => provided.name.installIfDependents),
]

type Job =
  | {
      readonly type: 'dependency' | 'inherit'
      readonly dependency: Dependency
      readonly parent: SolverPackage | undefined
    }
  | {readonly type: 'name' | 'install-if'; readonly name: SolverName}
  | {readonly type: 'package'; readonly pkg: SolverPackage}

/** The package chosen for a name if it is not listed yet; marks it and all that it provides as listed. */
function enlist(name: SolverName): SolverPackage | undefined {
  if (name.listed) return undefined
  name.listed = true
  const pkg = name.chosen?.pkg
  if (!pkg || pkg.listed) return undefined
  pkg.listed = true
  pkg.name.listed = true
  for (const provided of pkg.provides) provided.name.listed = true
  return pkg
}

function isAutomatic(name: SolverName): boolean {
  const pkg = name.chosen?.pkg
  if (!pkg || !name.seen || name.listed) return false
  return pkg.installIf.every((dependency) => dependency.name.listed && isMet(dependency, dependency.name.chosen))
}
