import type {NetworkConfig} from '#dsl'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {hasLateMedia} from '../data-sources/late-media.ts'
import {takeLocalNetwork} from '../data-sources/probe.ts'
import {applyNetwork, readApplied} from '../network/apply-network.ts'
import {type DescribedLink, describeNetwork} from '../network/describe-network.ts'
import {readNetwork} from '../network/links.ts'
import {networkFiles} from '../network/network-files.ts'
import type {NetworkProblem} from '../network/plan/wanted.ts'
import {readSources, storeSources} from '../network/stored-sources.ts'
import type {CommandContext} from './command-context.ts'

/**
 * `network` shows the links of the node. `network --apply` sets up those of the document that the phase boot has
 * stored; the service `links` calls it.
 */
export function networkCommand(args: readonly string[], context: CommandContext): number {
  const {host, identity, print, printError} = context
  const stray = args.find((arg) => arg !== '--json' && arg !== '--apply')
  if (stray !== undefined) {
    printError(`${identity.name}: network has no option ${stray}`)
    return 2
  }
  if (args.includes('--apply')) {
    const config = takeLateNetwork(context) ?? readWanted(context)
    if (config === undefined) return 0
    const {problems} = applyNetwork(host, config)
    for (const problem of problems) printError(`${identity.name}: ${renderProblem(problem)}`)
    return problems.length === 0 ? 0 : 1
  }
  const config = readWanted(context) ?? {}
  const hasConnman = host.lstat('/run/connman') !== undefined
  const sources = readSources(host)
  const described = describeNetwork(config, readNetwork(host), readApplied(host), {hasConnman, sources})
  if (args.includes('--json')) {
    print(JSON.stringify(described, undefined, 2))
    return 0
  }
  for (const line of described.links.flatMap(renderLink)) print(line)
  for (const problem of described.problems) print(renderProblem(problem))
  return 0
}

function readWanted({host}: CommandContext): NetworkConfig | undefined {
  const text = host.read(networkFiles.wanted)
  return text === undefined ? undefined : JSON.parse(text)
}

/** The document with that of a disc, if its driver was loaded only after the phase boot. */
function takeLateNetwork({host, identity}: CommandContext): NetworkConfig | undefined {
  if (!hasLateMedia(host)) return undefined
  const read = () => readConfig(configFilesOf(host), {identity, phase: 'boot'})
  if (!takeLocalNetwork(host, read().config.node.data_sources ?? [])) return undefined
  const {config, networkSources} = read()
  storeSources(host, networkSources)
  return config.network
}

const renderProblem = ({path, message, hint}: NetworkProblem): string => `${path} ${message}. ${hint}`

function renderLink(link: DescribedLink): readonly string[] {
  const {name, kind, state, by, sources, master, mtu, addresses, missing} = link
  const described = sources.length === 0 ? 'configuration' : sources.join(' and ')
  const owner = by === 'nobody' ? 'not configured' : `by ${by === 'configuration' ? described : by}`
  const facts = [kind, state, owner, ...(master === undefined ? [] : [`member of ${master}`])]
  return [
    `${name}: ${facts.join(', ')}${mtu === undefined ? '' : `, mtu ${mtu}`}`,
    ...addresses.map(({address, from}) => `  ${address} from ${from === 'configuration' ? described : from}`),
    ...missing.map((what) => `  missing: ${what}`),
  ]
}
