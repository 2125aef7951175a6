import {systemPaths} from '#layout'
import type {CommandContext} from '../cli/command-context.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readOpenedConfig} from '../config/nodes/read-opened-config.ts'
import {takeNodesFromStick} from '../config/nodes/stick.ts'
import {storeNodeChoice} from '../config/nodes/stored-choice.ts'
import {goodConfigPath, isGoodConfig, type ReadConfigResult, readConfig} from '../config/read-config.ts'
import {noteSearched} from '../data-sources/late-media.ts'
import {probeDataSources, takeLocalNetwork} from '../data-sources/probe.ts'
import {isAsked} from '../data-sources/store.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {reasonOf} from './applier.ts'
import {applyPhase} from './apply.ts'
import type {Phase} from './phases.ts'
import {updateIssue} from './problems/issue.ts'
import {renderProblem} from './problems/render.ts'
import {markRunning} from './problems/running-phase.ts'
import {storeProblems} from './problems/store.ts'

/**
 * Applies one phase to the node and reports it: a line for each change, and the problems on the console, in
 * `problems.json` and above the login prompt. Returns the number of problems. Never throws.
 */
export function applyAndReport(phase: Phase, context: CommandContext, {isRehearsal = false} = {}): number {
  const {host, identity, version} = context
  const begin = Date.now()
  const log = phaseLogger(phase, context)
  const ended = isRehearsal ? undefined : begun(phase, context)
  if (!isRehearsal) takeStick(context, log.error)
  const read = readWithCloud(phase, context, log.line, isRehearsal)
  // A rehearsal shows errors only.
  if (read.node !== undefined) (isRehearsal ? log.error : log.line)(read.node.text)
  const result = applyPhase(phase, read.config, {
    read,
    host,
    identity,
    version,
    onAction: ({applier, outcome}) => {
      if (outcome === 'changed') log.line(`${applier} changed`)
    },
  })
  const problems = [...read.problems, ...result.problems]
  for (const problem of problems) log.error(renderProblem(problem))
  const count = result.actions.filter(({outcome}) => outcome === 'changed').length
  log.line(`done in ${Date.now() - begin} ms: ${count} changed, ${problems.length} problems`)
  if (isRehearsal) return problems.length
  try {
    ended?.()
    storeNodeChoice(host, identity, read.node)
    if (phase === 'boot') keepGoodConfig(context)
    updateIssue(host, identity, storeProblems(host, identity, phase, problems).length)
  } catch (error) {
    log.error(`the problems could not be stored: ${reasonOf(error)}`)
  }
  return problems.length
}

/** A stick that cannot be read must not stop the phase. */
function takeStick({host, identity}: CommandContext, logError: (line: string) => void): void {
  try {
    takeNodesFromStick(host, identity)
  } catch (error) {
    logError(`the nodes of a stick could not be read: ${reasonOf(error)}`)
  }
}

/** Marks the phase as running. Where nothing can be written, it is applied all the same. */
function begun(phase: Phase, {host, identity}: CommandContext): (() => void) | undefined {
  try {
    return markRunning(host, identity, phase)
  } catch {
    return undefined
  }
}

/**
 * Keeps a copy of the system's config.yaml for a boot at which the file is damaged: without a config, nobody might be
 * able to log in.
 */
function keepGoodConfig({host, identity}: CommandContext): void {
  const bytes = host.readBytes(systemPaths(identity).config)
  if (bytes === undefined || !isGoodConfig(configFilesOf(host), {identity})) return
  mkdirAll(host, identity.localDir)
  writeIfChanged(host, goodConfigPath(identity), bytes, {mode: 0o600, owner: {uid: 0, gid: 0}})
}

/**
 * Prints lines with the phase as prefix. In the initrd they also go to the kernel log, the only output that survives
 * it.
 */
function phaseLogger(phase: Phase, {host, identity, print, printError}: CommandContext) {
  const toKernelLog = phase === 'initrd' && host.lstat('/dev/kmsg') !== undefined
  const logTo = (show: (line: string) => void) => (text: string) => {
    const line = `[${identity.name} ${phase}] ${text}`
    show(line)
    // Level 7, so that the kernel does not print it to the console a second time (syslog(2)).
    if (toKernelLog) host.write('/dev/kmsg', `<7>${line}\n`, {inPlace: true})
  }
  return {line: logTo(print), error: logTo(printError)}
}

/**
 * Reads the configuration. In the phase boot, first takes the description of the links from media. In the phase runtime, first queries the data sources until they have delivered everything.
 */
function readWithCloud(
  phase: Phase,
  {host, identity}: CommandContext,
  log: (line: string) => void,
  isRehearsal: boolean,
): ReadConfigResult {
  const read = () =>
    isRehearsal ? readConfig(configFilesOf(host), {identity, phase}) : readOpenedConfig(host, {identity, phase})
  const first = read()
  const sources = first.config.node.data_sources ?? []
  if (phase === 'boot' && !isRehearsal && sources.length > 0) {
    if (takeLocalNetwork(host, sources)) return read()
    noteSearched(host)
  }
  if (phase !== 'runtime' || sources.length === 0 || isAsked(host)) return first
  if (isRehearsal) {
    // Listed by the host of a rehearsal. What the sources have is not known before they are asked.
    host.run([identity.name, 'metadata', ...sources])
    return first
  }
  const {provider, problems, lost} = probeDataSources(host, sources, {env: first.config.node.environment ?? {}})
  log(`${provider ?? 'no data source'} answered`)
  const second = provider === undefined ? first : read()
  const place = {source: 'phase runtime', path: `${identity.section}.data_sources`}
  const hint = `Check the network and the metadata service of the cloud, then run \`sudo ${identity.name} config --runtime\`.`
  return {
    ...second,
    problems: [
      ...second.problems,
      ...problems.map((message) => ({...place, message})),
      ...lost.map((message) => ({...place, message, hint})),
      ...(provider === undefined && problems.length === 0 && lost.length === 0 && !sources.includes('auto')
        ? [
            {
              ...place,
              message: `${sources.join(', ')}: no such data source was found`,
              hint: 'List the data sources of this machine.',
            },
          ]
        : []),
    ],
  }
}
