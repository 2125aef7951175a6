/** For which nodes a part is. */
export type PartScope =
  | {readonly kind: 'all'}
  | {readonly kind: 'role'; readonly role: 'server' | 'agent'}
  /** `text` is the label as in a key of a ConfigMap, which cannot have a slash: `topology.kubernetes.io_zone.eu-1`. */
  | {readonly kind: 'label'; readonly text: string}
  | {readonly kind: 'node'; readonly name: string}

/** What is known about a node. */
export interface NodeFacts {
  readonly name: string
  readonly role: 'server' | 'agent'
  readonly labels: Readonly<Record<string, string>>
}

/** A key of the ConfigMap or Secret, read. */
export interface PartName {
  readonly scope: PartScope
  /** Of parts that concern a node, those with a higher number count more. */
  readonly order: number
}

/** More specific parts count more. */
const ranks = ['all', 'role', 'label', 'node'] as const

/**
 * Reads a key: `[ORDER-]SCOPE.yaml`, where the scope is `all`, `server`, `agent`, `label.KEY`, `label.KEY.VALUE` or `node.NAME`. Undefined if
 * it is none.
 */
export function parsePartName(key: string): PartName | undefined {
  const [, order = '50', text = ''] = /^(?:(\d{1,2})-)?(.+)\.yaml$/.exec(key) ?? []
  const scope = parseScope(text)
  return scope && {scope, order: Number(order)}
}

function parseScope(text: string): PartScope | undefined {
  if (text === 'all') return {kind: 'all'}
  if (text === 'server' || text === 'agent') return {kind: 'role', role: text}
  const [, kind, rest = ''] = /^(label|node)\.(.+)$/.exec(text) ?? []
  if (kind === 'node') return {kind, name: rest}
  return kind === 'label' ? {kind, text: rest} : undefined
}

/** Whether a part with that scope concerns a node. */
export function concerns(scope: PartScope, {name, role, labels}: NodeFacts): boolean {
  if (scope.kind === 'all') return true
  if (scope.kind === 'role') return scope.role === role
  if (scope.kind === 'node') return scope.name === name
  return Object.entries(labels).some(([key, value]) => {
    const written = key.replace('/', '_')
    return scope.text === written || scope.text === `${written}.${value}`
  })
}

/** The file of a part: in the order of names, the more specific part is later and counts more, and a Secret after a ConfigMap. */
export function partFile({scope, order}: PartName, from: 'config' | 'secret', key: string): string {
  const rank = ranks.indexOf(scope.kind)
  return `${String(order).padStart(2, '0')}-${rank}-${from}-${key}`
}
