import type {Identity} from '#dsl'
import {phaseNames} from '../apply/phases.ts'
import {readProblems} from '../apply/problems/store.ts'
import type {Host} from '../host/host.ts'
import {whyNotReady} from '../kubernetes/readiness.ts'

/** What a node lacks to be healthy, in words; undefined if it is. */
export function whatIsMissing(
  host: Host,
  identity: Identity,
  {wantsKubernetes}: {readonly wantsKubernetes: boolean},
): string | undefined {
  const applied = readProblems(host, identity)?.phases ?? []
  const phase = phaseNames.find((name) => !applied.includes(name))
  if (phase !== undefined) return `the phase ${phase} of the configuration has not ended`
  if (host.run(['pgrep', '-f', 'getty|sshd'], {output: 'discard'}).status !== 0) return 'nobody can log in'
  return wantsKubernetes ? whyNotReady(host, identity) : undefined
}
