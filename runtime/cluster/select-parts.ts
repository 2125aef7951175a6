import type {Identity} from '#dsl'
import type {ConfigProblem} from '../config/problem.ts'
import {readOneConfig} from '../config/read-one-config.ts'
import type {Host} from '../host/host.ts'
import type {MountedPart} from './mounted-parts.ts'
import {concerns, type NodeFacts, parsePartName, partFile} from './part-scope.ts'

/** The parts that concern a node, as files of config.d, or why none of them is used. */
export interface Selection {
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Keys of the parts, in the order in which they count. */
  readonly keys: readonly string[]
  readonly problems: readonly ConfigProblem[]
}

/** Whether a label decides about a part. */
export const needsLabels = (parts: readonly MountedPart[]): boolean =>
  parts.some(({key}) => parsePartName(key)?.scope.kind === 'label')

/** Selects the parts that concern a node, and checks them as `config validate` does. One mistake is enough to use none. */
export function selectParts(
  node: Host,
  parts: readonly MountedPart[],
  {identity, facts}: {readonly identity: Identity; readonly facts: NodeFacts},
): Selection {
  const accounts = accountsOf(node)
  const problems: ConfigProblem[] = []
  const selected = parts.flatMap(({from, key, content}) => {
    const source = `${from === 'config' ? 'ConfigMap' : 'Secret'} ${key}`
    const name = parsePartName(key)
    if (name === undefined) problems.push({source, path: '', ...unknownScope})
    if (name === undefined || !concerns(name.scope, facts)) return []
    problems.push(...readOneConfig(source, content, identity, {accounts}).problems)
    return [{file: partFile(name, from, key), content, shown: from === 'config' ? key : `secret/${key}`}]
  })
  selected.sort((a, b) => (a.file < b.file ? -1 : 1))
  return {
    files: new Map(selected.map(({file, content}) => [file, content])),
    keys: selected.map(({shown}) => shown),
    problems,
  }
}

const unknownScope = {
  message: 'is for no node: its name is not understood',
  hint: 'Call it all.yaml, server.yaml, agent.yaml, label.KEY.VALUE.yaml or node.NAME.yaml, perhaps after a number such as 10-.',
}

/** Users and groups of the node, which may own files. */
const accountsOf = (node: Host): ReadonlySet<string> =>
  new Set(
    ['/etc/passwd', '/etc/group'].flatMap((path) =>
      (node.read(path) ?? '').split('\n').map((line) => line.split(':', 1)[0] ?? ''),
    ),
  )
