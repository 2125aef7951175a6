import {certificatesIn} from '#dsl'
import {type Applier, outcomeOf} from '../apply/applier.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** update-ca-certificates(8) of both bases reads files of this ending, each with one certificate. */
const directory = '/usr/local/share/ca-certificates'
const prefix = 'node-config-'
/** What it writes, and what curl and Kubernetes read. */
const bundle = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Makes everything on the node trust the authorities of the config.
 *
 * The files survive a reboot and /etc does not, so that the bundle is made anew at each boot. Those that left the config are removed.
 */
export const caCerts: Applier = {
  name: 'ca_certs',
  keys: ['ca_certs'],
  apply({ca_certs = []}, {host}) {
    const found = (host.list(directory) ?? []).filter((name) => name.startsWith(prefix))
    if (ca_certs.length === 0 && found.length === 0) return undefined
    const wanted = new Map(
      ca_certs.flatMap(certificatesIn).map((certificate, index) => [`${prefix}${index + 1}.crt`, `${certificate}\n`]),
    )
    if (wanted.size > 0) mkdirAll(host, directory)
    const stale = found.filter((name) => !wanted.has(name))
    for (const name of stale) host.remove(`${directory}/${name}`)
    const written = [...wanted].map(([name, text]) => writeIfChanged(host, `${directory}/${name}`, text, {mode: 0o644}))
    const isChanged = stale.length > 0 || written.includes(true)
    if (isChanged || !areTrusted(host, [...wanted.values()])) {
      const {status} = host.run(['update-ca-certificates'], {output: 'discard'})
      if (status !== 0) throw new Error(`are not trusted: update-ca-certificates ${renderStatus(status)}`)
      return 'changed'
    }
    return outcomeOf(false)
  },
}

function areTrusted(host: Host, certificates: readonly string[]): boolean {
  const trusted = host.read(bundle) ?? ''
  return certificates.every((certificate) => trusted.includes(certificate.trim()))
}
