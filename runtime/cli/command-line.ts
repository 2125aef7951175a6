import {systemPaths} from '#layout'
import {reasonOf} from '../apply/applier.ts'
import {applyAndReport} from '../apply/apply-and-report.ts'
import {type Phase, phaseNames} from '../apply/phases.ts'
import {renderProblem} from '../apply/problems/render.ts'
import {awaitNodesCommand} from '../cluster/await-nodes.ts'
import {watchConfigCommand} from '../cluster/watch-config.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {renderConfig} from '../config/render-config.ts'
import {renderYaml} from '../config/yaml/render-yaml.ts'
import {dryRunHost} from '../host/dry-run.ts'
import {installCommand} from '../install/install.ts'
import {installHelp} from '../install/install-flags.ts'
import {checkCommand} from '../kernel/check-command.ts'
import {trialCommand} from '../upgrade/trial.ts'
import {upgradeCommand} from '../upgrade/upgrade-command.ts'
import {upgradeHelp} from '../upgrade/upgrade-flags.ts'
import {verifyCommand} from '../upgrade/verify-command.ts'
import {rollbackCommand, versionsCommand} from '../upgrade/versions.ts'
import type {CommandContext} from './command-context.ts'
import {configStatus} from './config-status.ts'
import {kubernetesCommand} from './kubernetes-command.ts'
import {metadataCommand} from './metadata-command.ts'
import {networkCommand} from './network-command.ts'

const help = (name: string): string => `Usage: ${name} --version
       ${name} config              apply the configuration of this node (phase runtime)
       ${name} config --initrd     … in the phase initrd
       ${name} config --boot       … in the phase boot; several phases are applied one after the other
       ${name} config --dry-run    show what would change; may follow a phase
       ${name} config status       what was wrong when it was last applied
       ${name} config --dump       print the merged configuration as YAML, secrets included
       ${name} config --dump-json  print it as JSON
       ${name} kubernetes          how far Kubernetes has come on this node
       ${name} check [USER…]       what the kernel lacks of what Kubernetes, or cilium, longhorn …, needs; --json
       ${name} network             the links of this node: state, addresses and their origin, what is missing; --json
       ${name} metadata SOURCE…    fetch user data and keys from the first cloud that answers
       ${name} metadata show       what came from which data source, without secrets; --json
${installHelp(name)}
${upgradeHelp(name)}
       ${name} await-nodes SELECTOR…  in a pod: wait until these nodes of the cluster run this version
       ${name} watch-config …      in a pod: configure its node by a mounted ConfigMap and Secret
       ${name} seal                prepare this disk for copying: each copy gets a new identity at its next boot

Exit status: 0 done; 1 failed, or the configuration has problems; 2 wrong usage; 3 a phase has not ended (config status), Kubernetes is not ready`

/**
 * Runs one command and returns its exit status: 0 done, 1 failed or done with problems in the configuration, 2 wrong
 * usage, 3 (`config status`, `kubernetes`) not done yet.
 */
export function runCommand(argv: readonly string[], context: CommandContext): number {
  const {identity, version, print, printError} = context
  const [command, ...rest] = argv
  try {
    switch (command) {
      case '--version':
      case '-v':
        print(`${identity.name} version ${version}`)
        return 0
      case undefined:
      case 'help':
      case '--help':
      case '-h':
        print(help(identity.name))
        return 0
      case 'config':
      case 'cfg':
        return config(rest, context)
      case 'metadata':
        return metadataCommand(rest, context)
      case 'install':
        return installCommand(rest, context)
      case 'seal':
        return seal(context)
      case 'network':
        return networkCommand(rest, context)
      case 'check':
        return checkCommand(rest, context)
      case 'kubernetes':
        return kubernetesCommand(context)
      case 'upgrade':
        return upgradeCommand(rest, context)
      case 'versions':
        return versionsCommand(context)
      case 'verify':
        return verifyCommand(context)
      case 'rollback':
        return rollbackCommand(context)
      case 'trial':
        return trialCommand(context)
      case 'await-nodes':
        return awaitNodesCommand(rest, context)
      case 'watch-config':
        return watchConfigCommand(rest, context)
      case 'rc':
        printError(`${identity.name}: "${command}" is not part of this version (${version})`)
        return 2
      default:
        printError(`${identity.name}: there is no command "${command}"\n\n${help(identity.name)}`)
        return 2
    }
  } catch (error) {
    printError(`${identity.name}: ${reasonOf(error)}`)
    return 1
  }
}

function config(args: readonly string[], context: CommandContext): number {
  const known = [...phaseNames.map((phase) => `--${phase}`), '--dry-run', '--dump', '--dump-json', 'status']
  const stray = args.find((arg) => !known.includes(arg))
  if (stray !== undefined) {
    context.printError(`${context.identity.name}: there is no "config ${stray}"\n\n${help(context.identity.name)}`)
    return 2
  }
  if (args.includes('status')) return configStatus(context)
  // The files of a process belong to its user (proc(5)); QuickJS has no getuid(2).
  if ((context.host.lstat('/proc/self/status')?.uid ?? 0) !== 0) {
    context.printError(`${context.identity.name}: only root can read and apply the configuration: use sudo`)
    return 1
  }
  const asked = phaseNames.filter((phase) => args.includes(`--${phase}`))
  const chosen: readonly Phase[] = asked.length > 0 ? asked : ['runtime']
  if (args.includes('--dump') || args.includes('--dump-json')) return dump(args, chosen[0] ?? 'runtime', context)
  const counts = chosen.map((phase) =>
    args.includes('--dry-run') ? rehearse(phase, context) : applyAndReport(phase, context),
  )
  return counts.every((count) => count === 0) ? 0 : 1
}

function rehearse(phase: Phase, {host, print, ...context}: CommandContext): number {
  print(`Phase ${phase} would do this:`)
  const quiet = {
    ...context,
    host: dryRunHost(host, (effect) => print(`  ${effect}`)),
    print: () => {},
    printError: print,
  }
  return applyAndReport(phase, quiet, {isRehearsal: true})
}

function dump(args: readonly string[], phase: Phase, {host, identity, print, printError}: CommandContext): number {
  const {written, problems} = readConfig(configFilesOf(host), {identity, phase})
  const named = renderConfig(written, identity)
  print(args.includes('--dump-json') ? JSON.stringify(named) : renderYaml(named))
  for (const problem of problems) printError(renderProblem(problem))
  return 0
}

/**
 * Marks an installed system for copying: at the next boot, stage 0 removes its identity, and the state partition grows
 * to the size of the disk.
 */
function seal({host, identity, print, printError}: CommandContext): number {
  const refuse = (reason: string): number => {
    printError(`${identity.name}: ${reason}`)
    return 1
  }
  if ((host.lstat('/proc/self/status')?.uid ?? 0) !== 0) return refuse('only root can seal a system: use sudo')
  const mode = (host.read(`${identity.runDir}/mode`) ?? '').trim()
  if (mode !== 'disk' && mode !== 'local') return refuse('only an installed system can be sealed')
  const {sealMarker, growMarker} = systemPaths(identity)
  for (const marker of [sealMarker, growMarker]) host.write(marker, '')
  host.run(['sync'])
  print(
    'Sealed. Power off and copy the disk. This machine, too, gets a new name, machine id and keys at its next boot.',
  )
  return 0
}
