import type {NetworkSources} from '../config/network-sources.ts'
import type {Host} from '../host/host.ts'
import {networkFiles} from './network-files.ts'

/** Stores them for the command that shows the network: what it shows was applied, and the files may have changed since. */
export const storeSources = (host: Host, sources: NetworkSources): void =>
  host.write(networkFiles.sources, `${JSON.stringify(sources)}\n`)

/** Those of what was applied. None where no phase has applied it. */
export function readSources(host: Host): NetworkSources {
  const text = host.read(networkFiles.sources)
  return text === undefined ? {} : JSON.parse(text)
}
