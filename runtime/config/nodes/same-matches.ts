import type {ConfigProblem} from '../problem.ts'
import type {WrittenNode} from './parse-nodes.ts'

/** A problem for each pair of nodes that fit the same machine equally well, as far as their texts show it. */
export function sameMatches(source: string, nodes: readonly WrittenNode[]): readonly ConfigProblem[] {
  const known = new Map<string, string>()
  const problems: ConfigProblem[] = []
  for (const {name, match} of nodes) {
    for (const combination of combinations(Object.entries(match))) {
      const other = known.get(combination)
      if (other !== undefined && other !== name)
        problems.push({
          source,
          path: '',
          message: `the nodes ${other} and ${name} are for the same machine (${combination})`,
          hint: 'Remove one of them, or make its match more exact.',
        })
      known.set(combination, name)
    }
  }
  return problems
}

/** Each combination of one value of each key, as a text. */
function combinations([first, ...rest]: readonly [string, readonly string[]][]): readonly string[] {
  if (first === undefined) return ['']
  const [key, values] = first
  return values.flatMap((value) => combinations(rest).map((more) => `${key} ${value}${more && `, ${more}`}`))
}
