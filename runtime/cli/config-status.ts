import {phaseNames} from '../apply/phases.ts'
import {renderProblem} from '../apply/problems/render.ts'
import {runningPhase} from '../apply/problems/running-phase.ts'
import {readProblems} from '../apply/problems/store.ts'
import {storedNodeChoice} from '../config/nodes/stored-choice.ts'
import type {CommandContext} from './command-context.ts'

/**
 * Prints what was wrong with the configuration, and which phases have not ended yet.
 *
 * Returns 0 if all phases were applied without problems, 1 if there were some, otherwise 3 while a phase is missing.
 */
export function configStatus({host, identity, print}: CommandContext): number {
  const known = readProblems(host, identity)
  const running = runningPhase(host, identity)
  if (known === undefined && running === undefined) {
    print('No configuration has been applied since the machine was started.')
    return 3
  }
  const choice = storedNodeChoice(host, identity)
  if (choice !== undefined) print(choice)
  const {phases = [], problems = []} = known ?? {}
  for (const problem of problems) print(renderProblem(problem))
  const missing = phaseNames.flatMap((phase) => {
    if (phase === running?.phase) return [`Phase ${phase} ${running.isAlive ? 'is running' : 'was interrupted'}.`]
    return phases.includes(phase) ? [] : [`Phase ${phase} has not run since the machine was started.`]
  })
  for (const line of missing) print(line)
  if (problems.length > 0) return 1
  if (missing.length > 0) return 3
  print('The configuration was applied without problems.')
  return 0
}
