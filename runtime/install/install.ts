import {HaosError, type NodeConfig} from '#dsl'
import {reasonOf} from '../apply/applier.ts'
import type {CommandContext} from '../cli/command-context.ts'
import {showConfig} from '../cli/show-config.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import type {NodeChoice} from '../config/nodes/own-node.ts'
import {type ReadConfigResult, readConfig} from '../config/read-config.ts'
import {renderWrittenConfig} from '../config/render-config.ts'
import {renderYaml} from '../config/yaml/render-yaml.ts'
import {type AskedConfig, askConfig} from './ask-config.ts'
import {readInstallConfig} from './ask-node-key.ts'
import {askTarget, chooseTarget, takeoverTarget} from './choose-target.ts'
import {awaitNames} from './disks.ts'
import {fetchConfig, refuseProblems} from './fetch-config.ts'
import {
  type InstallFlags,
  type InstallSettings,
  installHelp,
  mergeSettings,
  parseInstallFlags,
  whyNotHere,
  withoutInstall,
} from './install-flags.ts'
import {renderStep} from './install-step.ts'
import {performInstall, rehearseInstall} from './perform-install.ts'
import {givenConfig, planFromIso} from './plan-from-iso.ts'
import {type InstallTarget, planInstall} from './plan-install.ts'
import {consolesOf, readSource} from './read-source.ts'
import {requireFreeSpace} from './require-free-space.ts'
import {describeTarget, summarize} from './summary.ts'
import {askYesNo, Cancelled, type Terminal, terminalOf} from './terminal.ts'

/** Directory that exists while disks are written, so that two consoles do not install at once. */
const lock = '/run/install'

/**
 * Installs the running system to a disk. Returns the exit status: 0 done, 1 failed or cancelled, 2 wrong usage.
 *
 * Checks everything before anything is written.
 */
export function installCommand(argv: readonly string[], context: CommandContext): number {
  const {host, identity, printError} = context
  let flags: InstallFlags
  try {
    flags = parseInstallFlags(argv)
  } catch (error) {
    printError(`${identity.name}: ${reasonOf(error)}\nUsage: ${installHelp(identity.name).trimStart()}`)
    return 2
  }
  const mode = (host.read(`${identity.runDir}/mode`) ?? '').trim()
  const log = mode === 'install' && context.readLine === undefined ? consoleLogger(context) : context.print
  try {
    if ((host.lstat('/proc/self/status')?.uid ?? 0) !== 0) throw new Error('only root can install: use sudo')
    const obstacle = whyNotHere(mode, identity)
    if (obstacle !== undefined) throw new Error(obstacle)
    return install(flags, context, mode, log)
  } catch (error) {
    const reason = error instanceof HaosError ? `${error.message}\n${error.hint}` : reasonOf(error)
    printError(`${identity.name}: ${reason}`)
    if (log !== context.print) log(`not installed: ${reason}`)
    return 1
  }
}

function install(flags: InstallFlags, context: CommandContext, mode: string, log: (line: string) => void): number {
  const {host, identity, print} = context
  const settings = mergeSettings(readConfig(configFilesOf(host), {identity}).config, flags)
  const {readLine} = context
  if (flags.onConsole && settings.silent) {
    print('This machine installs itself; the progress appears here.')
    return 0
  }
  if (!settings.silent && readLine === undefined) {
    // The services of install mode call this too, for unattended installations.
    if (mode !== 'install') throw new Error('there is no terminal to ask questions on: use --silent')
    print('The installer asks its questions on the consoles.')
    return 0
  }
  const person = settings.silent || readLine === undefined ? undefined : terminalOf(host, {print, readLine})
  const read = readInstallConfig(context, settings.node_key, person)
  return installConfig(read, {flags, context, person, log})
}

interface Installation {
  readonly flags: InstallFlags
  readonly context: CommandContext
  /** Whoever answers questions. */
  readonly person: Terminal | undefined
  readonly log: (line: string) => void
}

function installConfig(
  {config: found, problems, node}: ReadConfigResult,
  {flags, context, person, log}: Installation,
): number {
  const {host, identity, print} = context
  const settings = mergeSettings(found, flags)
  if (node !== undefined) log(node.text)
  requireNode(node, settings)
  awaitNames(host)
  // A config that was sealed may say that there are no questions.
  const terminal = settings.silent ? undefined : person
  const target = flags.takeover
    ? takeoverTarget(host, settings.device, flags.takeover)
    : terminal
      ? askTarget(terminal, host, identity, settings)
      : chooseTarget(host, identity, settings)
  const env = found.node.environment ?? {}
  const load = (location: string) => fetchConfig(host, location, {identity, env})
  const chosen = chooseConfig({settings, terminal, found, load, identity})
  // Where another config is installed, those count that say how.
  const {section} = identity
  refuseProblems(
    chosen.text === undefined
      ? problems
      : problems.filter(({path}) => ['', section].includes(path) || path.startsWith(`${section}.install`)),
  )
  const text = chosen.text ?? `${renderYaml(renderWrittenConfig(withoutInstall(chosen.config), identity))}\n`
  const iso = isoOf(context, flags, settings)
  const plan = () => {
    if (iso && target.kind !== 'takeover') return planFromIso({identity, target, config: text, settings, iso, env})
    const source = readSource(host, identity)
    const consoles = consolesOf(host.read('/proc/cmdline') ?? '', settings.tty)
    const needsEfi = (settings.force_efi ?? false) || host.lstat('/sys/firmware/efi') !== undefined
    const planned = planInstall({
      identity,
      target,
      config: text,
      source,
      consoles,
      debug: settings.debug ?? false,
      needsEfi,
    })
    requireFreeSpace(host, target, source)
    return planned
  }
  const steps = plan()
  if (flags.dryRun) {
    for (const step of steps) print(renderStep(step))
    rehearseInstall(host, steps)
    return 0
  }
  if (terminal) confirm(terminal, {target, config: chosen.config, shown: showConfig(text, identity)})
  else for (const line of summarize(chosen.config)) log(line)
  withLock(context, () => performInstall(host, steps, {log, debug: settings.debug ?? false}))
  if (!flags.stay) leave(context, terminal, settings, log)
  return 0
}

/** Throws if only a machine that one of the nodes is for may be installed, and this is none. */
function requireNode(node: NodeChoice | undefined, {require_node}: InstallSettings): void {
  if (!require_node || node?.kind === 'chosen') return
  const reason = node?.text ?? 'this system has no configs of nodes'
  throw new Error(`${reason}; install.require_node is set, so nothing is installed`)
}

/**
 * URL of the ISO to install, unless the running system is installed: given by a flag, or by the config if this machine
 * was not booted from a medium.
 */
function isoOf({host, identity}: CommandContext, {settings: asked}: InstallFlags, {iso_url}: InstallSettings) {
  if (asked.iso_url !== undefined) return asked.iso_url
  return (host.list(`${identity.runDir}/medium`) ?? []).length > 0 ? undefined : iso_url
}

interface ConfigChoice {
  readonly settings: InstallSettings
  readonly terminal: Terminal | undefined
  readonly found: NodeConfig
  readonly load: (location: string) => {readonly text: string; readonly config: NodeConfig}
  readonly identity: CommandContext['identity']
}

/** A named config is used unchanged; otherwise the running system's, with the answers. */
function chooseConfig({settings, terminal, found, load, identity}: ConfigChoice): AskedConfig {
  if (settings.config_url) return load(settings.config_url)
  return terminal ? askConfig(terminal, withoutInstall(found), identity, load) : {config: found}
}

function confirm(
  terminal: Terminal,
  {target, config, shown}: {target: InstallTarget; config: NodeConfig; shown: string},
): void {
  terminal.print('')
  for (const line of describeTarget(target)) terminal.print(line)
  terminal.print('The configuration of the installed system:')
  for (const line of shown.trimEnd().split('\n')) terminal.print(`    ${line}`)
  for (const line of summarize(config)) terminal.print(line)
  if (!askYesNo(terminal, 'Install now?')) throw new Cancelled('cancelled: nothing was changed')
}

function withLock({host}: CommandContext, work: () => void): void {
  if (host.run(['mkdir', lock], {output: 'discard'}).status !== 0)
    throw new Error(`another installation is running (or remove ${lock})`)
  try {
    work()
  } finally {
    host.remove(givenConfig)
    for (const at of [`${lock}/state`, `${lock}/efi`]) host.run(['umount', at], {output: 'discard'})
    host.run(['rmdir', `${lock}/state`, `${lock}/efi`, lock], {output: 'discard'})
  }
}

function leave(
  {host}: CommandContext,
  terminal: Terminal | undefined,
  {power_off}: InstallSettings,
  log: (line: string) => void,
): void {
  const command = power_off ? 'poweroff' : 'reboot'
  if (!terminal) log(power_off ? 'Powering off' : 'Rebooting')
  else terminal.ask(`Remove the medium and press Enter to ${power_off ? 'power off' : 'reboot'}. `)
  host.run([command], {output: 'discard'})
}

/** Prints to the machine's console too, for those who have not logged in. */
const consoleLogger =
  ({host, identity, print}: CommandContext) =>
  (line: string): void => {
    print(line)
    if (host.lstat('/dev/console') !== undefined)
      host.write('/dev/console', `\r\n[${identity.name} install] ${line.replaceAll('\n', '\r\n')}`, {inPlace: true})
  }
