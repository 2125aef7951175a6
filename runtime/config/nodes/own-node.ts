import type {Identity} from '#dsl'
import {systemPaths} from '#layout'
import {encodeUtf8} from '../../text/utf8.ts'
import type {ConfigFiles} from '../config-files.ts'
import {interpretSource} from '../interpret/interpret-source.ts'
import {SourceReport} from '../interpret/source-report.ts'
import {mergeStatements} from '../merge-statements.ts'
import {type ConfigProblem, reasonOf} from '../problem.ts'
import type {SourceResult} from '../read-yaml.ts'
import {chooseNode, nameOf} from './choose-node.ts'
import {type MachineFacts, readMachineFacts} from './machine-facts.ts'
import {fillPlaceholders, type PlaceholderValues} from './placeholders.ts'
import {rawOf} from './raw-of.ts'
import {type NodesFile, readNodesFile} from './read-nodes-file.ts'

/** The choice among the configs of many nodes. */
export interface NodeChoice {
  /** `ambiguous`: several fit equally well, so none is used; `unreadable`: the file is damaged. */
  readonly kind: 'chosen' | 'none' | 'ambiguous' | 'unreadable'
  /** What was chosen and why, in a line for a person. */
  readonly text: string
}

export interface OwnNode extends SourceResult {
  /** Missing if the system has no file of nodes. */
  readonly choice?: NodeChoice
}

/**
 * The config that a file of many nodes has for this machine.
 *
 * `hostname` is the name that it has without nodes. Several that fit equally well are a problem, and none of them is used.
 */
export function readOwnNode(files: ConfigFiles, identity: Identity, hostname: string | undefined): OwnNode {
  const path = systemPaths(identity).nodes
  try {
    const bytes = files.read(path)
    if (bytes === undefined || bytes.length === 0) return {statements: [], problems: []}
    const file = readNodesFile(typeof bytes === 'string' ? encodeUtf8(bytes) : bytes)
    const facts = readMachineFacts(files, hostname)
    return choose(file, {path, facts, identity})
  } catch (error) {
    const reason = reasonOf(error)
    return {
      ...failed(path, `${reason}, so no node's config is used`, 'Write the nodes to the medium again.'),
      choice: {kind: 'unreadable', text: `${path} ${reason}`},
    }
  }
}

interface Place {
  readonly path: string
  readonly facts: MachineFacts
  readonly identity: Identity
}

function choose(file: NodesFile, {path, facts, identity}: Place): OwnNode {
  const {indexes, by} = chooseNode(
    file.nodes.map(({match}) => match),
    facts,
  )
  const [index, ...others] = indexes
  const names = indexes.map((each) => file.nodes[each]?.name ?? '')
  if (index === undefined) {
    const text = `no node of ${path} is for this machine (${describe(facts)}): the common config is used`
    return {statements: [], problems: [], choice: {kind: 'none', text}}
  }
  if (others.length > 0) {
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
    return {
      ...failed(
        path,
        `has several nodes for this machine: ${list} fit equally well (${by}), so none of them is used`,
        'Make the match of one of them more exact, or remove the others.',
      ),
      choice: {kind: 'ambiguous', text: `${list} of ${path} fit this machine equally well: none of them is used`},
    }
  }
  const report = new SourceReport(`${path}, node ${names[0]}`, {identity, text: ''})
  const raw = rawOf(file.configOf(index))
  const values = valuesOf(file, index, facts)
  const hostname = interpretSource(fillPlaceholders(raw, values), new SourceReport('', {identity, text: ''}))
  const named = {...values, hostname: mergeStatements(hostname).hostname ?? values.hostname}
  const statements = interpretSource(fillPlaceholders(raw, named), report)
  return {
    statements,
    problems: report.problems,
    choice: {kind: 'chosen', text: `this machine is node ${names[0]} of ${path}, by its ${by}`},
  }
}

/** The card is the one that the node is recognised by, or the first. */
function valuesOf(file: NodesFile, index: number, facts: MachineFacts): PlaceholderValues {
  const wanted = file.nodes[index]?.match.mac ?? []
  return {
    hostname: facts.hostname[0],
    index: `${index + 1}`,
    mac: facts.mac.find((address) => wanted.includes(address)) ?? facts.mac[0],
    serial: facts.serial[0],
    uuid: facts.uuid[0],
  }
}

const describe = (facts: MachineFacts): string =>
  Object.entries(nameOf)
    .flatMap(([key, name]) => {
      const values = Object.entries(facts).find(([fact]) => fact === key)?.[1] ?? []
      return values.length === 0 ? [] : [`${name} ${values.join(', ')}`]
    })
    .join('; ') || 'its firmware reports nothing'

const failed = (source: string, message: string, hint: string): SourceResult => ({
  statements: [],
  problems: [{source, path: '', message, hint} satisfies ConfigProblem],
})
