import type {Identity} from '#dsl'
import {reasonOf} from '../apply/applier.ts'
import {renderProblem} from '../apply/problems/render.ts'
import {runningPhase} from '../apply/problems/running-phase.ts'
import type {Host} from '../host/host.ts'
import {isServer} from '../kubernetes/readiness.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {applyParts} from './apply-parts.ts'
import {configReport, type Refused} from './config-report.ts'
import {type KnownState, readState, writeState} from './known-state.ts'
import {generationOf, type MountedPart, type Mounts, readMountedParts} from './mounted-parts.ts'
import type {NodeObject} from './node-object.ts'
import type {NodeFacts} from './part-scope.ts'
import {isInPlace} from './part-set.ts'
import {needsLabels, type Selection, selectParts} from './select-parts.ts'

export interface ConfigWatcherOptions {
  /** The pod, in which both are mounted. */
  readonly pod: Host
  readonly mounts: Mounts
  readonly node: Host
  readonly object: NodeObject
  readonly identity: Identity
  readonly name: string
  readonly print: (line: string) => void
}

/** Looks between a failed attempt and the next, and between two questions for the labels that decide about parts. */
const pauseLooks = 6
const labelLooks = 60

/**
 * Returns a function that looks once, and brings the node into line with what is mounted. What fails is tried again; it throws only if nothing
 * is mounted.
 */
export function configWatcher(options: ConfigWatcherOptions): () => void {
  const {pod, mounts, print} = options
  let seen: string | undefined
  let pause = 0
  let said = ''
  const say = (line: string) => {
    if (line !== said) print(line)
    said = line
  }
  return () => {
    const generation = generationOf(pod, mounts)
    if (generation === undefined || (generation === seen && pause-- > 0)) return
    seen = generation
    pause = pauseLooks
    try {
      const parts = readMountedParts(pod, mounts)
      if (parts !== undefined && bringIntoLine(parts, options, say))
        pause = needsLabels(parts) ? labelLooks : Number.POSITIVE_INFINITY
    } catch (error) {
      say(reasonOf(error))
    }
  }
}

/** Returns whether everything is done, and reported. */
function bringIntoLine(
  parts: readonly MountedPart[],
  options: ConfigWatcherOptions,
  say: (line: string) => void,
): boolean {
  const {node, object, identity} = options
  if (runningPhase(node, identity)?.isAlive) {
    say('A phase of the configuration is running: waiting for its end.')
    return false
  }
  let state = readState(node, identity)
  const labels = needsLabels(parts) ? (object.labels() ?? state.labels) : {}
  if (labels === undefined) {
    say('The labels of the node decide about a part, and the API has not told them yet.')
    return false
  }
  if (needsLabels(parts) && !isSame(labels, state.labels)) {
    state = {...state, labels: {...labels}}
    writeState(node, identity, state)
  }
  const selection = selectParts(node, parts, {identity, facts: factsOf(options, labels)})
  const digests = {config: digestOfConfig(node, parts), selection: digestOfSelection(node, selection)}
  let refused: Refused | undefined
  if (selection.problems.length > 0) {
    refused = {digest: digests.config, problems: selection.problems}
    say(`Refused ${digests.config}:\n${selection.problems.map(renderProblem).join('\n')}`)
  } else state = brought(selection, digests, state, options, say)
  if (object.annotate(configReport(node, identity, {state, refused}))) return true
  say('The API does not take the report yet.')
  return false
}

function brought(
  selection: Selection,
  digests: {readonly config: string; readonly selection: string},
  state: KnownState,
  {node, identity}: ConfigWatcherOptions,
  say: (line: string) => void,
): KnownState {
  const isNew = selection.files.size > 0 || state.selection !== undefined
  if (isInPlace(node, identity, selection) && (state.selection === digests.selection || !isNew)) {
    if (state.applied === digests.config || !isNew) return state
    const known = {...state, applied: digests.config}
    writeState(node, identity, known)
    return known
  }
  const applied = applyParts(node, selection, {identity, state, digests})
  say(`Applied ${digests.config}: ${selection.keys.join(', ') || 'no part is for this node'}`)
  return applied
}

const isSame = (a: NodeFacts['labels'], b: NodeFacts['labels'] | undefined): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b ?? {}).sort())

function factsOf({node, identity, name}: ConfigWatcherOptions, labels: NodeFacts['labels']): NodeFacts {
  return {name, role: isServer(node, identity.kubernetes) ? 'server' : 'agent', labels}
}

/**
 * The digest that all nodes report for one ConfigMap. Secrets do not count: nobody should be able to try out passwords with the help of an
 * annotation.
 */
function digestOfConfig(node: Host, parts: readonly MountedPart[]): string {
  const entries = parts
    .filter(({from}) => from === 'config')
    .map(({key, content}) => `${node.sha256(content)}  ${key}\n`)
  return entries.length === 0 ? 'none' : `sha256:${node.sha256(encodeUtf8(entries.join('')))}`
}

const digestOfSelection = (node: Host, {files}: Selection): string =>
  node.sha256(encodeUtf8([...files].map(([name, content]) => `${node.sha256(content)}  ${name}\n`).join('')))
