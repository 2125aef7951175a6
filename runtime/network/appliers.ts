import {type Applier, outcomeOf} from '../apply/applier.ts'
import {type Host, mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {applyNetwork, readApplied} from './apply-network.ts'
import {composeResolver} from './compose-resolver.ts'
import {networkFiles} from './network-files.ts'
import {storeSources} from './stored-sources.ts'

const service = 'links'

/**
 * Passes the document to the service that sets up the links once their drivers are loaded, and before connman starts. A data
 * source may have a document on a disc whose driver is loaded only then.
 */
export const networkForService: Applier = {
  name: 'network',
  keys: ['network', '.data_sources'],
  apply({network, node: {data_sources: sources = []}}, {host, networkSources}) {
    if (sources.length > 0 || network !== undefined) startLinks(host)
    if (network === undefined) return undefined
    mkdirAll(host, networkFiles.directory)
    const changed = writeIfChanged(host, networkFiles.wanted, `${JSON.stringify(network)}\n`, {mode: 0o600})
    storeSources(host, networkSources)
    // Here, because OpenRC starts no service that is added to a runlevel later.
    if (host.lstat('/etc/init.d/connman') !== undefined) composeResolver(host)
    return outcomeOf(changed)
  },
}

function startLinks(host: Host): void {
  const runlevel = '/etc/runlevels/default'
  if (host.lstat(`${runlevel}/${service}`) !== undefined) return
  mkdirAll(host, runlevel)
  host.symlink(`/etc/init.d/${service}`, `${runlevel}/${service}`)
}

/** Sets up the links that the document names, or names no more. */
export const network: Applier = {
  name: 'network',
  keys: ['network'],
  apply(config, node) {
    const {host} = node
    const isForgotten = config.network === undefined && Object.keys(readApplied(host)).length > 0
    if (config.network === undefined && !isForgotten) return undefined
    const {changed, problems} = applyNetwork(host, config.network ?? {})
    storeSources(host, node.networkSources)
    for (const problem of problems) node.report(problem)
    return outcomeOf(changed)
  },
}
