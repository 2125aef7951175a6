import type {Identity} from '#dsl'
import {decodeText} from './decode-text.ts'
import {itemNumbers} from './item-numbers.ts'
import {mergeStatements} from './merge-statements.ts'
import {networkSources} from './network-sources.ts'
import type {ConfigProblem} from './problem.ts'
import type {ReadConfigResult} from './read-config.ts'
import {type ReadYamlOptions, readYaml} from './read-yaml.ts'

/** Reads one config.yaml by itself. `source` is the name that its problems carry. */
export function readOneConfig(
  source: string,
  data: Uint8Array | string,
  identity: Identity,
  options: ReadYamlOptions = {},
): ReadConfigResult {
  const {statements, problems} = readYaml(source, decodeText(data), identity, {...options, isWhole: true})
  return {
    config: mergeStatements(statements),
    written: mergeStatements(statements, 'written'),
    problems: inOrder(problems),
    numbers: itemNumbers(statements),
    networkSources: networkSources([{source, statements, problems}]),
  }
}

/** By line and column. */
const inOrder = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
