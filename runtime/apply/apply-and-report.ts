import {systemPaths} from '#layout'
import type {CommandContext} from '../cli/command-context.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {goodConfigPath, isGoodConfig, type ReadConfigResult, readConfig} from '../config/read-config.ts'
import {isAsked, probeDataSources} from '../data-sources/probe.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {reasonOf} from './applier.ts'
import {applyPhase} from './apply.ts'
import type {Phase} from './phases.ts'
import {updateIssue} from './problems/issue.ts'
import {renderProblem} from './problems/render.ts'
import {storeProblems} from './problems/store.ts'

/**
 * Applies one phase to the node and tells of it: a line for each thing that changed, and the problems to the console,
 * to `problems.json` and above the login prompt. Never throws.
 */
export function applyAndReport(phase: Phase, context: CommandContext, {isRehearsal = false} = {}): void {
  const {host, identity, version} = context
  const begin = Date.now()
  const tell = teller(phase, context)
  const {config, problems: unread} = readWithCloud(phase, context, tell.line)
  const result = applyPhase(phase, config, {
    host,
    identity,
    version,
    onAction: ({applier, outcome}) => {
      if (outcome === 'changed') tell.line(`${applier} changed`)
    },
  })
  const problems = [...unread, ...result.problems]
  for (const problem of problems) tell.error(renderProblem(problem))
  const count = result.actions.filter(({outcome}) => outcome === 'changed').length
  tell.line(`done in ${Date.now() - begin} ms: ${count} changed, ${problems.length} problems`)
  if (isRehearsal) return
  try {
    if (phase === 'boot') keepGoodConfig(context)
    updateIssue(host, identity, storeProblems(host, identity, phase, problems).length)
  } catch (error) {
    tell.error(`the problems could not be kept: ${reasonOf(error)}`)
  }
}

/** Keeps the system's config.yaml for a boot at which it turns out to be damaged: without it, nobody might be able to log in. */
function keepGoodConfig({host, identity}: CommandContext): void {
  const bytes = host.readBytes(systemPaths(identity).config)
  if (bytes === undefined || !isGoodConfig(configFilesOf(host), {identity})) return
  mkdirAll(host, identity.localDir)
  writeIfChanged(host, goodConfigPath(identity), bytes, {mode: 0o600, owner: {uid: 0, gid: 0}})
}

/** Lines with the phase before them. In the initrd they go to the kernel log too, since nothing else survives it. */
function teller(phase: Phase, {host, identity, print, printError}: CommandContext) {
  const toKernelLog = phase === 'initrd' && host.lstat('/dev/kmsg') !== undefined
  const tell = (show: (line: string) => void) => (text: string) => {
    const line = `[${identity.name} ${phase}] ${text}`
    show(line)
    // Level 7, so that the kernel does not print it to the console a second time (syslog(2)).
    if (toKernelLog) host.write('/dev/kmsg', `<7>${line}\n`, {inPlace: true})
  }
  return {line: tell(print), error: tell(printError)}
}

/** Reads the configuration; until the clouds have delivered theirs, asks them first, once for each start. */
function readWithCloud(phase: Phase, {host, identity}: CommandContext, tell: (line: string) => void): ReadConfigResult {
  const read = () => readConfig(configFilesOf(host), {identity, phase})
  const first = read()
  const sources = first.config.node.data_sources ?? []
  if (phase !== 'runtime' || sources.length === 0 || isAsked(host)) return first
  const {provider, problems, lost} = probeDataSources(host, sources)
  tell(`${provider ?? 'no data source'} answered`)
  const second = provider === undefined ? first : read()
  const place = {source: 'phase runtime', path: `${identity.section}.data_sources`}
  const hint = `Check the network and the metadata service of the cloud, then run \`sudo ${identity.name} config --runtime\`.`
  return {
    ...second,
    problems: [
      ...second.problems,
      ...problems.map((message) => ({...place, message})),
      ...lost.map((message) => ({...place, message, hint})),
      ...(provider === undefined && problems.length === 0 && lost.length === 0
        ? [
            {
              ...place,
              message: `${sources.join(', ')}: nothing of the kind is here`,
              hint: 'Name the sources that this machine has.',
            },
          ]
        : []),
    ],
  }
}
