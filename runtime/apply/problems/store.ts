import type {Identity} from '#dsl'
import type {ConfigProblem} from '../../config/problem.ts'
import {type Host, mkdirAll} from '../../host/host.ts'
import type {Phase} from '../phases.ts'

type ProblemsByPhase = Partial<Record<Phase, readonly ConfigProblem[]>>

const file = ({runDir}: Identity): string => `${runDir}/problems.json`

/** Replaces the stored problems of one phase. Returns the problems of all phases, each once. */
export function storeProblems(
  host: Host,
  identity: Identity,
  phase: Phase,
  problems: readonly ConfigProblem[],
): ConfigProblem[] {
  const all: ProblemsByPhase = {...load(host, identity), [phase]: problems}
  mkdirAll(host, identity.runDir)
  host.write(file(identity), `${JSON.stringify(all, undefined, 2)}\n`, {mode: 0o644})
  return distinct(all)
}

/** What is known of the phases that were applied since the machine was started. */
export interface KnownProblems {
  readonly phases: readonly string[]
  /** The problems of all phases, each once. */
  readonly problems: readonly ConfigProblem[]
}

/** What is known of all phases; undefined if none was applied since the machine was started. */
export function readProblems(host: Host, identity: Identity): KnownProblems | undefined {
  const found = load(host, identity)
  return found && {phases: Object.keys(found), problems: distinct(found)}
}

function load(host: Host, identity: Identity): ProblemsByPhase | undefined {
  const text = host.read(file(identity))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Only this program writes the file, so a damaged one counts as missing.
    return {}
  }
}

/** A mistake in a file appears in every phase that reads it. */
function distinct(all: ProblemsByPhase): ConfigProblem[] {
  const seen = new Map<string, ConfigProblem>()
  for (const problem of Object.values(all).flat())
    seen.set(JSON.stringify([problem.source, problem.path, problem.message]), problem)
  return [...seen.values()]
}
