import type {CanonicalMatch, Identity} from '#dsl'
import {nodesFile, systemPaths} from '#layout'
import {encodeUtf8} from '../../text/utf8.ts'
import type {ConfigFiles} from '../config-files.ts'
import {interpretSource} from '../interpret/interpret-source.ts'
import {SourceReport} from '../interpret/source-report.ts'
import {mergeStatements} from '../merge-statements.ts'
import {type ConfigProblem, reasonOf} from '../problem.ts'
import type {SourceResult} from '../read-yaml.ts'
import {chooseNode, nameOf} from './choose-node.ts'
import {type MachineFacts, readMachineFacts} from './machine-facts.ts'
import type {ParsedNodes} from './parse-nodes.ts'
import {fillPlaceholders, type PlaceholderValues} from './placeholders.ts'
import {rawOf} from './raw-of.ts'
import {readNodesFile} from './read-nodes-file.ts'
import {openedConfig, type SealedNode} from './sealed-node.ts'
import {nodesOfStick} from './stick.ts'

/** The choice among the configs of many nodes. */
export interface NodeChoice {
  /**
   * `ambiguous`: several fit equally well, so none is used; `sealed`: its config has not been opened yet; `unreadable`: the
   * file is damaged.
   */
  readonly kind: 'chosen' | 'none' | 'ambiguous' | 'sealed' | 'unreadable'
  /** What was chosen and why, in a line for a person. */
  readonly text: string
  /** What must be opened if it is `sealed`. */
  readonly sealed?: SealedNode
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
    const stick = nodesOfStick(files, identity)
    const candidates = [...ofStick(stick, identity), ...ofMedium(files, path, identity)]
    const problems = stick?.problems ?? []
    if (candidates.length === 0) return {statements: [], problems}
    const own = choose(candidates, readMachineFacts(files, hostname), identity)
    return {...own, problems: [...problems, ...own.problems]}
  } catch (error) {
    const reason = reasonOf(error)
    return {
      ...failed(path, `${reason}, so no node's config is used`, 'Write the nodes to the medium again.'),
      choice: {kind: 'unreadable', text: `${path} ${reason}`},
    }
  }
}

/** A node that may be this machine. */
interface Candidate {
  readonly name: string
  readonly match: CanonicalMatch
  /** Where it is from: a file of the system, or a label. */
  readonly of: string
  /** Its number there, from 1. */
  readonly number: number
  /** Missing if everybody can read its config. */
  readonly sealed?: SealedNode
  /** Undefined if it is sealed and was not opened. Throws an Error if it is damaged. */
  config(): unknown
}

const ofStick = (stick: ParsedNodes | undefined, identity: Identity): readonly Candidate[] =>
  (stick?.nodes ?? []).map(({name, match, config}, index) => ({
    ...{name, match, number: index + 1, of: nodesFile.label(identity)},
    config: () => config,
  }))

function ofMedium(files: ConfigFiles, path: string, identity: Identity): readonly Candidate[] {
  const bytes = files.read(path)
  if (bytes === undefined || bytes.length === 0) return []
  const file = readNodesFile(typeof bytes === 'string' ? encodeUtf8(bytes) : bytes)
  return file.nodes.map((node, index) => {
    const place = {...node, number: index + 1, of: path}
    if (file.seal === undefined) return {...place, config: () => file.configOf(index)}
    const sealed = {block: file.blockOf(index), index, identity: file.seal.identity}
    return {...place, sealed, config: () => openedConfig(files, identity, sealed)}
  })
}

function choose(candidates: readonly Candidate[], facts: MachineFacts, identity: Identity): OwnNode {
  const {indexes, by} = chooseNode(
    candidates.map(({match}) => match),
    facts,
  )
  const [own, ...others] = indexes.flatMap((index) => candidates[index] ?? [])
  const places = [...new Set(candidates.map(({of}) => of))].join(' and ')
  if (own === undefined) {
    const text = `no node of ${places} is for this machine (${describe(facts)}): the common config is used`
    return {statements: [], problems: [], choice: {kind: 'none', text}}
  }
  if (others.length > 0) {
    const names = [own, ...others].map(({name}) => name)
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
    return {
      ...failed(
        places,
        `has several nodes for this machine: ${list} fit equally well (${by}), so none of them is used`,
        'Make the match of one of them more exact, or remove the others.',
      ),
      choice: {kind: 'ambiguous', text: `${list} of ${places} fit this machine equally well: none of them is used`},
    }
  }
  const report = new SourceReport(`${own.of}, node ${own.name}`, {identity, text: ''})
  const config = own.config()
  const text = `this machine is node ${own.name} of ${own.of}, by its ${by}`
  if (own.sealed !== undefined && config === undefined)
    return {
      statements: [],
      problems: [],
      choice: {kind: 'sealed', text: `${text}, and its config is sealed`, sealed: own.sealed},
    }
  const raw = rawOf(config)
  const values = valuesOf(own, facts)
  const hostname = interpretSource(fillPlaceholders(raw, values), new SourceReport('', {identity, text: ''}))
  const named = {...values, hostname: mergeStatements(hostname).hostname ?? values.hostname}
  const statements = interpretSource(fillPlaceholders(raw, named), report)
  return {
    source: report.source,
    statements,
    problems: report.problems,
    choice: {kind: 'chosen', text},
  }
}

/** The card is the one that the node is recognised by, or the first. */
function valuesOf({match: {mac = []}, number}: Candidate, facts: MachineFacts): PlaceholderValues {
  return {
    hostname: facts.hostname[0],
    index: `${number}`,
    mac: facts.mac.find((address) => mac.includes(address)) ?? facts.mac[0],
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
