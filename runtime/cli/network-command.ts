import type {NetworkConfig} from '#dsl'
import {applyNetwork, readApplied} from '../network/apply-network.ts'
import {type DescribedLink, describeNetwork} from '../network/describe-network.ts'
import {readNetwork} from '../network/links.ts'
import {networkFiles} from '../network/network-files.ts'
import type {NetworkProblem} from '../network/plan/wanted.ts'
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
  const config = readWanted(context)
  if (args.includes('--apply')) {
    const {problems} = applyNetwork(host, config)
    for (const problem of problems) printError(`${identity.name}: ${renderProblem(problem)}`)
    return problems.length === 0 ? 0 : 1
  }
  const hasConnman = host.lstat('/run/connman') !== undefined
  const described = describeNetwork(config, readNetwork(host), readApplied(host), {hasConnman})
  if (args.includes('--json')) {
    print(JSON.stringify(described, undefined, 2))
    return 0
  }
  for (const line of described.links.flatMap(renderLink)) print(line)
  for (const problem of described.problems) print(renderProblem(problem))
  return 0
}

function readWanted({host}: CommandContext): NetworkConfig {
  const text = host.read(networkFiles.wanted)
  return text === undefined ? {} : JSON.parse(text)
}

const renderProblem = ({path, message, hint}: NetworkProblem): string => `${path} ${message}. ${hint}`

function renderLink({name, kind, state, by, master, mtu, addresses, missing}: DescribedLink): readonly string[] {
  const owner = by === 'nobody' ? 'not configured' : `by ${by}`
  const facts = [kind, state, owner, ...(master === undefined ? [] : [`member of ${master}`])]
  return [
    `${name}: ${facts.join(', ')}${mtu === undefined ? '' : `, mtu ${mtu}`}`,
    ...addresses.map(({address, from}) => `  ${address} from ${from}`),
    ...missing.map((what) => `  missing: ${what}`),
  ]
}
