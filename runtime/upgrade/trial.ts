import type {NodeConfig} from '#dsl'
import type {Trial} from '#layout'
import {reasonOf} from '../apply/applier.ts'
import type {CommandContext} from '../cli/command-context.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {readLink, runOrThrow} from '../host/run-or-throw.ts'
import {readTrial, writeTrial} from './boot-trial.ts'
import {announceFallback, recordFallback, withdrawFallback} from './fallback.ts'
import {whatIsMissing} from './health.ts'
import {adoptReleases, failureFile, readInstalled, switchRelease} from './installed.ts'
import {isWhole} from './part-copy.ts'
import {type Place, placeOf} from './place.ts'
import {pruneReleases} from './prune.ts'
import {upgradeBootLoader} from './upgrade-boot-loader.ts'
import {stopWatchdog} from './watchdog.ts'

const everySeconds = 5
/** Before the watchdog ends the boot, so that the reason can be kept. */
const earlierSeconds = 20

export interface TrialSettings {
  readonly boots: number
  readonly minutes: number
  readonly kubernetes: boolean
}

/** How a new version has to prove itself on this node. */
export function trialSettings({node}: NodeConfig): TrialSettings {
  const {boots = '', minutes = '', kubernetes = true} = node.upgrade?.trial ?? {}
  return {boots: Number(boots) || 3, minutes: Number(minutes) || 15, kubernetes}
}

/**
 * Ends what a boot on trial began: confirms the version once it is healthy, or reboots. After GRUB has gone back to the previous
 * version, makes that the current one again and says why. The service `upgrade-trial` runs it at every boot.
 */
export function trialCommand(context: CommandContext): number {
  const {host, identity, print} = context
  const place = placeOf(identity)
  const fellback = host.read(`${identity.runDir}/fellback`)?.trim()
  if (fellback !== undefined) {
    goneBack(context, place, fellback)
    announceFallback(context, place, fellback)
    return 0
  }
  const trial = readTrial(host, place)
  const minutes = host.read(`${identity.runDir}/trial`)?.trim()
  // By an upgrade of this boot, before the services started: run_cmd may do that.
  const isLater = trial !== undefined && host.read(place.next)?.trim() === trial.release
  if (isLater) {
    leaveTrial(context)
    return 0
  }
  if (trial === undefined || minutes === undefined) {
    // An upgrade that was interrupted before the switch leaves a trial of a version that is not there.
    if (trial !== undefined) writeTrial(host, place, undefined)
    leaveTrial(context)
    return 0
  }
  const running = readLink(host, place.paths.release.current)?.split('/').at(-1)
  if (running !== trial.release) {
    writeTrial(host, place, undefined)
    leaveTrial(context)
    return 0
  }
  // GRUB could not load the kernel, and has started the entry of the previous version.
  if ((host.read('/proc/cmdline') ?? '').split(/\s/).includes(`${identity.cmdlinePrefix}system=previous`)) {
    leaveTrial(context)
    goneBack(context, place, trial.release)
    announceFallback(context, place, trial.release)
    return 0
  }
  // Stage 0 takes other layers where those of the version are damaged: with its kernel, that is neither version.
  const layers = host.read(`${identity.runDir}/system`)?.trim() ?? 'current'
  if (layers !== 'current') return giveUp(context, place, trial)
  const isOver = () => readTrial(host, place)?.release !== trial.release
  const missing = waitUntilHealthy(context, Number(minutes) * 60 - earlierSeconds, isOver)
  // By `rollback`.
  if (isOver()) {
    leaveTrial(context)
    return 0
  }
  if (missing !== undefined) {
    const reason = `${missing} ${minutes} minutes after its start`
    print(`${trial.release} is not healthy: ${reason}. Rebooting.`)
    keepReason(context, place, trial, reason)
    host.run(['reboot'])
    return 1
  }
  // What runs does not read all of its files.
  if (!isWhole(host, place, readInstalled(host, place).current)) return giveUp(context, place, trial)
  // That took its time: what another command has begun meanwhile is not for this one to end.
  if (isOver()) {
    leaveTrial(context)
    return 0
  }
  confirm(context, place, trial.release)
  return 0
}

/** Reboots into the previous version without another try: no boot of the trial is left, and that version says why at the login. */
function giveUp(context: CommandContext, place: Place, trial: Trial): number {
  const {host} = context
  keepReason(context, place, trial, 'its files are damaged')
  try {
    writeTrial(host, place, {...trial, boots: 0})
  } catch (error) {
    context.print(`The boots that are left were not set to none: ${reasonOf(error)}`)
  }
  host.run(['reboot'])
  return 1
}

/** Keeps why a version has failed, if the disk has room for it: the way back is worth more. */
function keepReason({host, print}: CommandContext, place: Place, {release}: Trial, reason: string): void {
  try {
    host.write(`${place.paths.release.of(release)}/${failureFile}`, `${reason}\n`)
    runOrThrow(host, ['sync'])
  } catch (error) {
    print(`The reason could not be kept: ${reasonOf(error)}`)
  }
}

/** Nothing of this boot is on trial any more. In a boot that was not, the watchdog is another's. */
function leaveTrial({host, identity}: CommandContext): void {
  const mark = `${identity.runDir}/trial`
  if (host.lstat(mark) === undefined) return
  stopWatchdog(host)
  host.remove(mark)
}

/** Waits until the node is healthy, at most until the given uptime or the end of the trial. Returns what is missing then. */
function waitUntilHealthy(
  {host, identity}: CommandContext,
  untilSeconds: number,
  isOver: () => boolean,
): string | undefined {
  const {config} = readConfig(configFilesOf(host), {identity})
  const wantsKubernetes = trialSettings(config).kubernetes
  const uptime = () => Number((host.read('/proc/uptime') ?? '0').split(' ')[0])
  for (;;) {
    const missing = whatIsMissing(host, identity, {wantsKubernetes})
    if (missing === undefined || uptime() >= untilSeconds || isOver()) return missing
    host.sleep(everySeconds * 1000)
  }
}

function confirm(context: CommandContext, place: Place, release: string): void {
  const {host, identity, print} = context
  host.remove(`${place.paths.release.of(release)}/${failureFile}`)
  stopWatchdog(host)
  // Before the trial ends: if the power is cut in between, the next boot does it again.
  try {
    upgradeBootLoader(host, {identity, place, log: print})
  } catch (error) {
    print(`A boot loader was not replaced: ${reasonOf(error)}`)
  }
  try {
    adoptReleases(host, place)
    pruneReleases(host, place)
  } catch (error) {
    print(`Old versions were not deleted: ${reasonOf(error)}`)
  }
  // Last: until then, no other upgrade begins, whose files would look like those of an old version.
  writeTrial(host, place, undefined)
  host.remove(`${identity.runDir}/trial`)
  print(`${release} is healthy: the trial is over.`)
  withdrawFallback(context)
}

/** Makes the previous version the current one again, and keeps why. */
function goneBack(context: CommandContext, place: Place, failed: string): void {
  const {host} = context
  const {current, previous} = readInstalled(host, place)
  if (current.id === failed && previous !== undefined)
    switchRelease(host, place, {current: previous.id, previous: previous.id})
  try {
    recordFallback(context, place, failed)
  } catch (error) {
    context.print(`The reason could not be kept: ${reasonOf(error)}`)
  }
  // Last: until then, GRUB goes on with the previous version.
  writeTrial(host, place, undefined)
}
