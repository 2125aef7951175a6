import type {Identity} from '#dsl'
import type {DecodedText} from './decode-text.ts'
import {interpretSource, type Statement} from './interpret/interpret-source.ts'
import {SourceReport} from './interpret/source-report.ts'
import type {ConfigProblem} from './problem.ts'
import {parseYaml} from './yaml/parse-yaml.ts'

/** The statements and the problems of one source. */
export interface SourceResult {
  readonly statements: readonly Statement[]
  readonly problems: readonly ConfigProblem[]
}

/** Reading a config.yaml takes several times its size of memory, which a small node does not have for a larger one. */
const maxCharacters = 16 * 1024 * 1024

export interface ReadYamlOptions {
  /** Users and groups that the node has. Default: owners of files are not checked. */
  readonly accounts?: ReadonlySet<string>
}

/** Reads the text of one config.yaml. */
export function readYaml(
  source: string,
  {text, damaged}: DecodedText,
  identity: Identity,
  {accounts}: ReadYamlOptions = {},
): SourceResult {
  const report = new SourceReport(source, {identity, text, damaged, accounts})
  if (text.length > maxCharacters) {
    report.add([], 'is larger than 16 MiB', {hint: 'Fetch large files with boot_manifests or a command instead.'})
    return {statements: [], problems: report.problems}
  }
  const {root, problems} = parseYaml(text)
  for (const {at, message, hint, isApplied = false} of problems) report.add([], message, {hint, at, isApplied})
  return {statements: interpretSource(root, report), problems: report.problems}
}
