import {readBootEnvironment, renderBootEnvironment, type Trial} from '#layout'
import type {Host} from '../host/host.ts'
import {runOrThrow} from '../host/run-or-throw.ts'
import type {Place} from './place.ts'

/** The trial that GRUB counts; undefined if there is none. */
export const readTrial = (host: Host, {bootEnvironment}: Place): Trial | undefined =>
  readBootEnvironment(host.read(bootEnvironment) ?? '')

/**
 * Starts or ends a trial. Overwrites the block where it lies: GRUB writes there too, and does not read the journal.
 *
 * Does nothing where the boot loader is another system's.
 */
export function writeTrial(host: Host, {bootEnvironment}: Place, trial: Trial | undefined): void {
  if (host.lstat(bootEnvironment) === undefined) return
  const block = renderBootEnvironment(trial)
  if (host.read(bootEnvironment) === block) return
  runOrThrow(host, ['dd', `of=${bootEnvironment}`, 'bs=1024', 'conv=notrunc,fsync'], {stdin: block})
}
