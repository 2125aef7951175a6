import type {SolverName} from './solver-graph.ts'

/** Names that are not decided yet. */
export class UndecidedNames {
  /** The newest last. */
  readonly #names: SolverName[] = []

  add(name: SolverName): void {
    if (name.unresolved) return
    name.unresolved = true
    this.#names.push(name)
  }

  drop(name: SolverName): void {
    if (!name.unresolved) return
    name.unresolved = false
    this.#names.splice(this.#names.lastIndexOf(name), 1)
  }

  /** The name to decide next: one without alternatives, otherwise the best by rank and depth, the newest among equals. */
  next(): SolverName | undefined {
    let best: SolverName | undefined
    for (let at = this.#names.length - 1; at >= 0; at--) {
      const name = this.#names[at]
      if (!name) continue
      if (name.dependentsDone && name.requirers > 0 && !name.hasOptions) return name
      if (!best || compareUrgency(name, best) < 0) best = name
    }
    return best
  }
}

/** Negative if `a` is decided before `b`. */
const compareUrgency = (a: SolverName, b: SolverName): number =>
  a.rank - b.rank || Number(b.requirers > 0) - Number(a.requirers > 0) || b.depth - a.depth
