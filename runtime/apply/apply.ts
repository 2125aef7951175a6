import {type Identity, type NodeConfig, redactText} from '#dsl'
import type {ConfigProblem} from '../config/problem.ts'
import type {ReadConfigResult} from '../config/read-config.ts'
import {NotRunError} from '../host/dry-run.ts'
import type {Host} from '../host/host.ts'
import type {Service} from '../services/service.ts'
import {type Applier, type Node, reasonOf} from './applier.ts'
import {type Phase, phases} from './phases.ts'

export interface ApplyOptions {
  readonly host: Host
  readonly identity: Identity
  readonly version: string
  /** Problems from reading the config, and where its values are from. Default: none. */
  readonly read?: Pick<ReadConfigResult, 'problems' | 'numbers' | 'networkSources'>
  /** Called for each applier as soon as it is done. */
  readonly onAction?: (action: Action) => void
}

/** What one applier did. Appliers whose keys the config does not mention are not among the actions. */
export interface Action {
  readonly applier: string
  /** `failed` if any part of it failed; the reason is among the problems. */
  readonly outcome: 'changed' | 'unchanged' | 'failed'
}

export interface PhaseResult {
  readonly actions: readonly Action[]
  readonly services: readonly Service[]
  readonly problems: readonly ConfigProblem[]
}

/** Applies one phase of a config. Never throws: a failure becomes a problem, and the rest continues. */
export function applyPhase(phase: Phase, config: NodeConfig, {onAction, read, ...place}: ApplyOptions): PhaseResult {
  const problems: ConfigProblem[] = []
  const services: Service[] = []
  const actions: Action[] = []
  const node: Node = {
    ...place,
    environment: config.node.environment ?? {},
    networkSources: read?.networkSources ?? {},
    mistakes: read?.problems.filter(({isApplied}) => !isApplied) ?? [],
    item: (list, index) => `${list}[${read?.numbers.get(list)?.[index] ?? index}]`,
    // Reasons never hold a secret of the config; an address in one may.
    report: ({message, ...problem}) =>
      problems.push({source: `phase ${phase}`, ...problem, message: redactText(message)}),
    announce: (service) => services.push(service),
  }
  for (const applier of phases[phase]) {
    const outcome = applyOne(applier, config, node, problems)
    if (outcome === undefined) continue
    const action: Action = {applier: applier.name, outcome}
    actions.push(action)
    onAction?.(action)
  }
  return {actions, services, problems}
}

function applyOne(
  applier: Applier,
  config: NodeConfig,
  node: Node,
  problems: readonly ConfigProblem[],
): Action['outcome'] | undefined {
  const before = problems.length
  try {
    const outcome = applier.apply(config, node)
    return outcome === undefined || problems.length === before ? outcome : 'failed'
  } catch (error) {
    if (error instanceof NotRunError) return 'changed'
    node.report({path: pathOf(applier, node), message: reasonOf(error)})
    return 'failed'
  }
}

/** The first key of an applier, as written in the file. */
function pathOf({keys: [key = '']}: Applier, {identity}: Node): string {
  return key.startsWith('.') ? `${identity.section}${key}` : key
}
