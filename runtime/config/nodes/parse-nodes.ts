import {type $ZodIssue, safeParse} from 'zod/v4/core'
import {type CanonicalMatch, canonicalMatch, type Identity, matchKeys, NodeMatch, nearest} from '#dsl'
import {decodeText} from '../decode-text.ts'
import {interpretSource} from '../interpret/interpret-source.ts'
import {reportTwice} from '../interpret/interpret-value.ts'
import {SourceReport} from '../interpret/source-report.ts'
import type {ConfigProblem, KeyPath} from '../problem.ts'
import type {Raw, RawMap} from '../raw.ts'
import {parseYaml} from '../yaml/parse-yaml.ts'
import {splitDocuments} from '../yaml/split-documents.ts'
import {fillPlaceholders, type PlaceholderValues} from './placeholders.ts'
import {valueOfRaw} from './raw-of.ts'

/** A node as it is written: for which machines, and what they get in addition to the usual config. */
export interface WrittenNode {
  /** Such as `rack1.yaml`, or `rack1.yaml#2` for the second of several in a file. */
  readonly name: string
  readonly match: CanonicalMatch
  /** With the keys of config.yaml, and placeholders that are not filled in. */
  readonly config: unknown
}

export interface ParsedNodes {
  readonly nodes: readonly WrittenNode[]
  readonly problems: readonly ConfigProblem[]
}

/**
 * Reads a file of nodes: YAML documents, each a map with `match` and `config`, or a list of such maps.
 *
 * A config is checked as if the machine had a value for each placeholder. `source` is the name of the file in problems.
 */
export function parseNodes(source: string, data: Uint8Array | string, identity: Identity): ParsedNodes {
  const {text, damaged} = decodeText(data)
  const nodes: Omit<WrittenNode, 'name'>[] = []
  const problems: ConfigProblem[] = []
  for (const document of splitDocuments(text)) {
    // One for each node, because it limits the number of values.
    const read = (use: (report: SourceReport) => Omit<WrittenNode, 'name'> | undefined) => {
      const report = new SourceReport(source, {identity, text: document.text, damaged})
      const node = use(report)
      if (node !== undefined) nodes.push(node)
      for (const {line, ...problem} of report.problems)
        problems.push({...problem, ...(line !== undefined && {line: line + document.linesBefore})})
    }
    const {root, problems: mistakes} = parseYaml(document.text)
    for (const {at, message, hint} of mistakes) read((report) => void report.add([], message, {hint, at}))
    if (root === undefined || (root.kind === 'text' && root.isNull)) continue
    const items = root.kind === 'list' ? root.items : [root]
    for (const [index, item] of items.entries())
      read((report) => readNode(item, root.kind === 'list' ? [index] : [], report))
  }
  if (nodes.length === 0 && problems.length === 0)
    problems.push({source, path: '', message: 'contains no node', hint: 'Write "match:" and "config:" into it.'})
  return {
    nodes: nodes.map((node, index) => ({name: nodes.length === 1 ? source : `${source}#${index + 1}`, ...node})),
    problems,
  }
}

const hint = 'Write "match:" with what the machine is recognised by, and "config:" with its keys of config.yaml.'

function readNode(raw: Raw, path: KeyPath, report: SourceReport): Omit<WrittenNode, 'name'> | undefined {
  report.visit(path, raw)
  if (raw.kind !== 'map') {
    report.add(path, 'is not a map with match and config', {hint})
    return undefined
  }
  const said = new Set<string>()
  for (const {key, at} of raw.entries) {
    if (said.has(key)) reportTwice([...path, key], key, at, report)
    said.add(key)
    if (key === 'match' || key === 'config') continue
    const near = nearest(key, ['match', 'config'])
    report.add([...path, key], 'is not a key of a node', {at, hint: near ? `Did you mean "${near}"?` : hint})
  }
  const match = readMatch(entryOf(raw, 'match'), [...path, 'match'], report)
  const config = entryOf(raw, 'config')
  if (config !== undefined) checkConfig(config, report)
  return match && {match, config: (config && valueOfRaw(config)) ?? {}}
}

const entryOf = ({entries}: RawMap, name: string): Raw | undefined => entries.findLast(({key}) => key === name)?.value

function readMatch(raw: Raw | undefined, path: KeyPath, report: SourceReport): CanonicalMatch | undefined {
  if (raw === undefined) {
    report.add(path, 'is missing', {hint})
    return undefined
  }
  visitAll(raw, path, report)
  const {data, error} = safeParse(NodeMatch, valueOfRaw(raw))
  if (data !== undefined) return canonicalMatch(data)
  const issues = error?.issues ?? []
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  for (const key of unknown) {
    const near = nearest(key, matchKeys)
    const known = near === undefined ? `Use ${matchKeys.join(', ')}.` : `Did you mean "${near}"?`
    report.add([...path, key], 'is not what a machine is recognised by', {hint: known})
  }
  // Without the unknown keys, the match may be empty.
  if (unknown.length === 0) for (const issue of issues) reportIssue(issue, path, report)
  return undefined
}

function reportIssue(issue: $ZodIssue, path: KeyPath, report: SourceReport): void {
  const inner = issue.code === 'invalid_union' ? issue.errors.flat() : [issue]
  const rule = inner.find(({code}) => code === 'custom')
  const place = [...issue.path, ...(rule === undefined || rule === issue ? [] : rule.path)]
  const wanted = rule?.code === 'custom' ? rule.params?.['hint'] : undefined
  report.add(
    [...path, ...place.map((key) => (typeof key === 'number' ? key : String(key)))],
    rule?.message ?? 'must be a text, or a list of texts',
    {
      hint: typeof wanted === 'string' ? wanted : hint,
    },
  )
}

function visitAll(raw: Raw, path: KeyPath, report: SourceReport): void {
  report.visit(path, raw)
  if (raw.kind === 'list') for (const [index, item] of raw.items.entries()) visitAll(item, [...path, index], report)
  if (raw.kind === 'map') for (const {key, value} of raw.entries) visitAll(value, [...path, key], report)
}

/** Values such as a machine may have. */
const sample: PlaceholderValues = {
  hostname: 'node-1',
  index: '1',
  mac: '52:54:00:12:34:56',
  serial: 'PF0ABC12',
  uuid: '4c4c4544-0042-3510-8053-b4c04f564433',
}

function checkConfig(config: Raw, report: SourceReport): void {
  refuseBytes(config, [], report)
  interpretSource(fillPlaceholders(config, sample), report)
}

/** A file of nodes is JSON, which has texts only. */
function refuseBytes(raw: Raw, path: KeyPath, report: SourceReport): void {
  if (raw.kind === 'text' && raw.bytes)
    report.add(path, 'is not text', {at: raw.at, hint: 'Write it in base64, with "encoding: b64".'})
  if (raw.kind === 'list') for (const [index, item] of raw.items.entries()) refuseBytes(item, [...path, index], report)
  if (raw.kind === 'map') for (const {key, value} of raw.entries) refuseBytes(value, [...path, key], report)
}
