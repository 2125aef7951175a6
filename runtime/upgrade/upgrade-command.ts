import {reasonOf} from '../apply/applier.ts'
import type {CommandContext} from '../cli/command-context.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {renderStatus} from '../host/host.ts'
import {archOfNode} from './candidate.ts'
import {awaitReboot, awaitTrial} from './node-of-pod.ts'
import {openImage, openSource} from './open-source.ts'
import {placeOf} from './place.ts'
import {skipSignatureFlag} from './signature/check-signature.ts'
import {trialSettings} from './trial.ts'
import {upgrade} from './upgrade.ts'
import {parseUpgradeFlags, type UpgradeFlags, upgradeHelp} from './upgrade-flags.ts'
import {runLocked} from './upgrade-lock.ts'

/** Installs a version. Returns the exit status: 0 done or nothing to do, 1 failed, 2 wrong usage. */
export function upgradeCommand(argv: readonly string[], context: CommandContext): number {
  const {host, identity, printError} = context
  let flags: UpgradeFlags
  try {
    flags = parseUpgradeFlags(argv)
    if (flags.source === undefined && flags.image === undefined)
      throw new Error('there is no source: give --source or --image')
  } catch (error) {
    printError(`${identity.name}: ${reasonOf(error)}\nUsage: ${upgradeHelp(identity.name).trimStart()}`)
    return 2
  }
  if ((host.lstat('/proc/self/status')?.uid ?? 0) !== 0) throw new Error('only root can upgrade: use sudo')
  const place = placeOf(identity, flags.destination)
  if (flags.skipSignature && place.root !== '')
    throw new Error(`--${skipSignatureFlag} is for a person at the node: in a container it is refused`)
  // Also the node's own one: a Plan that names another file must not meet an upgrade by hand.
  const locks = [place.lock, ...(flags.lockFile === undefined ? [] : [flags.lockFile])]
  const program = `/usr/bin/${identity.name}`
  return runLocked(host, {program, argv: ['upgrade', ...argv], locks}) ?? performUpgrade(flags, context)
}

function performUpgrade(flags: UpgradeFlags, {host, identity, print}: CommandContext): number {
  const place = placeOf(identity, flags.destination)
  const mode = (host.read(`${place.root}${identity.runDir}/mode`) ?? '').trim()
  if (mode !== 'disk' && mode !== 'local')
    throw new Error('only an installed system can be upgraded: a live one boots its medium')
  const {config} = readConfig(configFilesOf(host, place.root), {identity})
  const env = config.node.environment ?? {}
  const options = {...flags, identity, place, arch: archOfNode(host), env, log: print}
  const opened =
    flags.image === undefined ? openSource(host, flags.source ?? '', options) : openImage(host, flags.image, options)
  try {
    const {candidate} = opened
    const trial = trialSettings(config)
    const result = upgrade(host, {
      identity,
      place,
      candidate,
      wanted: mode === 'local' ? flags.parts.filter((part) => part !== 'kernel') : flags.parts,
      trial,
      force: flags.force,
      skipSignature: flags.skipSignature,
      log: print,
    })
    if (result.kind === 'unchanged') {
      print(`${result.id} is installed already.`)
      if (place.root === '' || awaitTrial(host, {place, id: result.id, identity, log: print})) return 0
    }
    print(
      result.kind === 'unchanged' || result.isOnTrial
        ? `${result.id} boots next, on trial: it has ${trial.boots} boots of ${trial.minutes} minutes to become healthy.`
        : `${result.id} boots next.`,
    )
  } finally {
    opened.close()
  }
  if (!flags.reboot) return 0
  const {status} = host.run([...(place.root === '' ? [] : intoNode), 'reboot'])
  if (status !== 0) throw new Error(`reboot ${renderStatus(status)}`)
  return place.root === '' ? 0 : awaitReboot(host)
}

/** Runs a program in the namespaces of the node's first process, which a container sees that shares them (`hostPID`). */
const intoNode = ['nsenter', '-m', '-u', '-i', '-n', '-p', '-t', '1', '--']
