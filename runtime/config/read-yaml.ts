import type {Identity} from '#dsl'
import {findMistakes} from '../network/plan/find-mistakes.ts'
import type {DecodedText} from './decode-text.ts'
import {interpretSource, type Statement} from './interpret/interpret-source.ts'
import {SourceReport} from './interpret/source-report.ts'
import {mergeStatements} from './merge-statements.ts'
import {type ConfigProblem, parseKeyPath} from './problem.ts'
import type {Raw} from './raw.ts'
import {parseYaml} from './yaml/parse-yaml.ts'

/** The statements and the problems of one source. */
export interface SourceResult {
  /** What the source is called where its values are shown. Missing if nothing was read. */
  readonly source?: string
  readonly statements: readonly Statement[]
  readonly problems: readonly ConfigProblem[]
}

/** Reading a config.yaml takes several times its size of memory, which a small node does not have for a larger one. */
const maxCharacters = 16 * 1024 * 1024

export interface ReadYamlOptions {
  /** Users and groups that the node has. Default: owners of files are not checked. */
  readonly accounts?: ReadonlySet<string>
  /** No other source completes it: what it refers to must be in it. Default: false. */
  readonly isWhole?: boolean
}

/** Reads the text of one config.yaml. */
export function readYaml(
  source: string,
  {text, damaged}: DecodedText,
  identity: Identity,
  {accounts, isWhole = false}: ReadYamlOptions = {},
): SourceResult {
  if (text.length > maxCharacters) {
    const report = new SourceReport(source, {identity, text, damaged})
    report.add([], 'is larger than 16 MiB', {hint: 'Fetch large files with boot_manifests or a command instead.'})
    return {statements: [], problems: report.problems}
  }
  const {root, problems} = parseYaml(text)
  const known = accounts && new Set([...accounts, ...namesOfUsers(root)])
  const report = new SourceReport(source, {identity, text, damaged, accounts: known})
  for (const {at, message, hint, isApplied = false} of problems) report.add([], message, {hint, at, isApplied})
  const statements = interpretSource(root, report)
  if (isWhole) reportNetwork(statements, report)
  return {statements, problems: report.problems}
}

/** On the node, several sources may describe one link, so it looks at the whole when it sets up the network. */
function reportNetwork(statements: readonly Statement[], report: SourceReport): void {
  const {network} = mergeStatements(statements)
  if (network === undefined) return
  for (const {path, message, hint} of findMistakes(network)) report.add(parseKeyPath(path), message, {hint})
}

/** The users that the source itself names, and their groups: files may belong to them. */
function namesOfUsers(root: Raw | undefined): readonly string[] {
  const users = root?.kind === 'map' ? root.entries.find(({key}) => key.toLowerCase() === 'users')?.value : undefined
  return users?.kind !== 'list'
    ? []
    : users.items.flatMap((item) =>
        item.kind === 'map'
          ? item.entries.flatMap(({key, value}) =>
              /^(?:name|groups?|primary_?group)$/i.test(key) ? textsIn(value) : [],
            )
          : textsIn(item),
      )
}

const textsIn = (raw: Raw): readonly string[] =>
  raw.kind === 'text'
    ? raw.text.split(',').map((name) => name.trim())
    : raw.kind === 'list'
      ? raw.items.flatMap(textsIn)
      : []
