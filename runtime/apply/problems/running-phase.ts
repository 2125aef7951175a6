import type {Identity} from '#dsl'
import {type Host, mkdirAll} from '../../host/host.ts'
import {type Phase, phaseNames} from '../phases.ts'

/** A phase that has begun and not ended, and whether its process still exists. */
export interface RunningPhase {
  readonly phase: Phase
  readonly isAlive: boolean
}

/** Holds the name of the phase, and the process that applies it. */
const file = ({runDir}: Identity): string => `${runDir}/phase.running`

/** Remembers that this process applies a phase, until the returned function is called. */
export function markRunning(host: Host, identity: Identity, phase: Phase): () => void {
  mkdirAll(host, identity.runDir)
  host.write(file(identity), `${phase} ${processOf(host, 'self')}\n`)
  return () => host.remove(file(identity))
}

/** The phase that is being applied, or whose process ended before it was. */
export function runningPhase(host: Host, identity: Identity): RunningPhase | undefined {
  const [name, pid = '', start = ''] = (host.read(file(identity)) ?? '').trim().split(' ')
  const phase = phaseNames.find((known) => known === name)
  return phase && {phase, isAlive: processOf(host, pid) === `${pid} ${start}`}
}

/** Number and start time of a process (proc_pid_stat(5)): a number alone may have been given to another one. */
function processOf(host: Host, process: string): string {
  const stat = host.read(`/proc/${process}/stat`) ?? ''
  // The second field is the name of the program in parentheses, which may contain any character.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === undefined ? '' : `${stat.split(' ', 1)[0]} ${rest[18] ?? ''}`
}
