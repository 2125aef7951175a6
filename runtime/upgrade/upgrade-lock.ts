import {parentOf} from '#dsl'
import {type Host, mkdirAll} from '../host/host.ts'

/** Set in the environment of the process that holds the lock. */
const locked = 'UPGRADE_LOCKED'
/** Exit status of flock(1) when another process holds the lock. Busybox knows no option for another one. */
const conflict = 1
/** Exit status of a command that failed below flock(1), which must differ. */
const failed = 3

/**
 * Runs a command of this program again below flock(1) with every one of the locks, so that versions are changed by one process at a time. Undefined if it already runs there,
 * and is to do its work. Throws an Error if another process holds the lock. The kernel ends the lock together with its process.
 */
export function runLocked(
  host: Host,
  {
    program,
    argv,
    locks,
  }: {readonly program: string; readonly argv: readonly string[]; readonly locks: readonly string[]},
): number | undefined {
  if (host.env(locked) !== undefined) return undefined
  for (const lock of locks) mkdirAll(host, parentOf(lock))
  // A process cannot hold one file twice.
  const files = new Set(locks.map((lock) => host.run(['readlink', '-f', lock]).stdout.trim() || lock))
  const flock = [...[...files].flatMap((file) => ['flock', '-n', file]), 'sh', '-c', `"$@" || exit ${failed}`, 'sh']
  const {status} = host.run([...flock, program, ...argv], {env: {[locked]: 'yes'}, output: 'inherit'})
  if (status === conflict) throw new Error(`another upgrade is running: it holds ${[...files].join(' or ')}`)
  return status === failed ? 1 : status
}
