import {type Identity, labelDomain} from '#dsl'
import {renderProblem} from '../apply/problems/render.ts'
import {readProblems} from '../apply/problems/store.ts'
import type {ConfigProblem} from '../config/problem.ts'
import type {Host} from '../host/host.ts'
import {bootOf} from './apply-parts.ts'
import type {KnownState} from './known-state.ts'

/** What was refused, and why. */
export interface Refused {
  readonly digest: string
  readonly problems: readonly ConfigProblem[]
}

/** All annotations of a node together may have 256 KiB (k8s.io/apimachinery, `TotalAnnotationSizeLimitB`). */
const maxProblems = 20
const maxCharacters = 300

/** What the node's object says about its configuration, as annotations; those without a value are removed. */
export function configReport(
  node: Host,
  identity: Identity,
  {state, refused}: {readonly state: KnownState; readonly refused: Refused | undefined},
): Record<string, string | undefined> {
  const domain = labelDomain(identity)
  const found = refused?.problems ?? readProblems(node, identity)?.problems ?? []
  const lines = found.slice(0, maxProblems).map((problem) => renderProblem(problem).slice(0, maxCharacters))
  if (found.length > lines.length) lines.push(`… and ${found.length - lines.length} more`)
  const rebootKeys = state.boot === bootOf(node) ? state.rebootKeys : []
  return {
    [`${domain}/config-applied`]: state.applied ?? 'none',
    [`${domain}/config-applied-at`]: state.appliedAt,
    [`${domain}/config-parts`]: state.keys.join(' ') || undefined,
    [`${domain}/config-refused`]: refused?.digest,
    [`${domain}/config-problems`]: lines.join('\n') || undefined,
    [`${domain}/config-reboot-needed`]: rebootKeys.join(' ') || undefined,
  }
}
