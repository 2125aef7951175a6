import {type Identity, type NodeConfig, redactUrl} from '#dsl'
import {renderProblem} from '../apply/problems/render.ts'
import type {ConfigProblem} from '../config/problem.ts'
import {readOneConfig} from '../config/read-one-config.ts'
import {fetchWithRetries} from '../fetch/fetch-with-retries.ts'
import type {Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'

/** Maximum number of requests: a network may be slow to come up, and its DNS slower. */
const tries = 5

export interface FetchConfigOptions {
  readonly identity: Identity
  /** Environment of the program that fetches: the proxy variables. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Fetches a config.yaml over http or https, or from a file of this system or of the boot medium, and checks it.
 *
 * Throws an Error that lists every problem, without credentials of URLs.
 */
export function fetchConfig(
  host: Host,
  location: string,
  {identity, env}: FetchConfigOptions,
): {readonly text: string; readonly config: NodeConfig} {
  const shown = redactUrl(location)
  const bytes = /^https?:/i.test(location) ? download(host, location, env) : readLocal(host, location, identity)
  const {config, problems} = readOneConfig(shown, bytes, identity)
  refuseProblems(problems)
  return {text: decodeUtf8(bytes), config}
}

function download(host: Host, url: string, env: Readonly<Record<string, string>>): Uint8Array {
  try {
    return fetchWithRetries(host, url, {tries, env})
  } catch (error) {
    throw new Error(
      `the config could not be fetched from ${redactUrl(url)}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

/** A path of the running system, or else of the medium that it was booted from. */
function readLocal(host: Host, location: string, {runDir}: Identity): Uint8Array {
  const path = location.replace(/^file:\/\//, '')
  for (const candidate of [path, `${runDir}/medium${path}`]) {
    if (host.lstat(candidate) === undefined) continue
    const bytes = host.readBytes(candidate)
    if (bytes !== undefined) return bytes
  }
  throw new Error(`there is no config ${path}, neither in the running system nor on the medium`)
}

/**
 * A config with mistakes is not installed: the machine would not be what the user meant, or not be reachable at all.
 */
export function refuseProblems(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0)
    throw new Error(
      ['the config is not valid:', ...problems.map((problem) => `  ${renderProblem(problem)}`)].join('\n'),
    )
}
