import {type Identity, redactUrl} from '#dsl'
import {systemPaths} from '#layout'
import {fetchWithRetries} from '../../fetch/fetch-with-retries.ts'
import type {Host} from '../../host/host.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import {configFilesOf} from '../config-files-of.ts'
import {reasonOf} from '../problem.ts'
import {type ReadConfigResult, readConfig} from '../read-config.ts'
import {openNode} from './sealed-node.ts'
import {keyOfStick} from './stick.ts'

/** Maximum number of requests: a network may be slow to come up, and its DNS slower. */
const tries = 5

export interface OpenedConfigOptions {
  readonly identity: Identity
  /** A key on a server is asked for in `runtime` only: before that, there is no network. */
  readonly phase: 'initrd' | 'boot' | 'runtime'
  /** Where the key is, if not where the config says. */
  readonly nodeKey?: string | undefined
}

/** The configuration, with the reason if a key that was given opened nothing. */
export interface OpenedConfig extends ReadConfigResult {
  readonly failure?: string
}

/**
 * Reads the configuration. If this machine's node is sealed, opens it with the key that was given, if any.
 *
 * A key that opens nothing is a problem; that there is none is not, since a person may type it later.
 */
export function readOpenedConfig(host: Host, {identity, phase, nodeKey}: OpenedConfigOptions): OpenedConfig {
  const read = () => readConfig(configFilesOf(host), {identity, phase})
  const common = read()
  const sealed = common.node?.sealed
  if (sealed === undefined) return common
  const {node} = common.config
  try {
    const location = nodeKey ?? node.install?.node_key
    const key = keyAt(host, location, {identity, phase, env: node.environment ?? {}}) ?? keyOfStick(host, identity)
    if (key === undefined) return common
    openNode(host, identity, sealed, key)
    return read()
  } catch (error) {
    const failure = reasonOf(error)
    const problem = {
      source: systemPaths(identity).nodes,
      path: '',
      message: `is sealed, and the config of this machine was not opened: ${failure}`,
      hint: 'Give the right key; docs/nodes.md shows the ways.',
    }
    return {...common, problems: [...common.problems, problem], failure}
  }
}

interface KeyPlace {
  readonly identity: Identity
  readonly phase: OpenedConfigOptions['phase']
  readonly env: Readonly<Record<string, string>>
}

/** The key at a URL or a path of the system or its medium; undefined if there is none yet. Throws an Error with the reason. */
function keyAt(host: Host, location: string | undefined, {identity, phase, env}: KeyPlace): string | undefined {
  if (location === undefined || location === '') return undefined
  if (/^https?:/i.test(location)) {
    if (phase !== 'runtime') return undefined
    try {
      return decodeUtf8(fetchWithRetries(host, location, {tries, env}))
    } catch (error) {
      throw new Error(`the key could not be fetched from ${redactUrl(location)}: ${reasonOf(error)}`)
    }
  }
  const path = location.replace(/^file:\/\//, '')
  for (const place of [path, `${identity.runDir}/medium${path}`])
    if (host.lstat(place) !== undefined) return host.read(place)
  throw new Error(`there is no key ${path}, neither in the running system nor on the medium`)
}
