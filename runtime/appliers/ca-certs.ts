import {certificatesIn} from '#dsl'
import {type Applier, outcomeOf} from '../apply/applier.ts'
import {type Host, mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** update-ca-certificates(8) of both bases reads files of this ending, each with one certificate. */
const directory = '/usr/local/share/ca-certificates'
const prefix = 'node-config-'
/** What that program makes of them, and what curl and Kubernetes read. */
const bundle = '/etc/ssl/certs/ca-certificates.crt'
const section = /# ca_certs of the node's config\n[\s\S]*?# end of ca_certs\n/

/**
 * Makes everything on the node trust the authorities of the config. Those that left the config are removed.
 *
 * The bundle is changed here: update-ca-certificates takes seconds, and /etc is new at each boot. The files are for whoever runs it later.
 */
export const caCerts: Applier = {
  name: 'ca_certs',
  keys: ['ca_certs'],
  apply({ca_certs = []}, {host}) {
    const found = (host.list(directory) ?? []).filter((name) => name.startsWith(prefix))
    const before = host.read(bundle) ?? ''
    if (ca_certs.length === 0 && found.length === 0 && !section.test(before)) return undefined
    const certificates = ca_certs.flatMap(certificatesIn).map((certificate) => `${certificate}\n`)
    const isChanged = writeFiles(host, found, certificates)
    const own =
      certificates.length === 0 ? '' : `# ca_certs of the node's config\n${certificates.join('')}# end of ca_certs\n`
    const rest = before.replace(section, '')
    if (certificates.length > 0) mkdirAll(host, '/etc/ssl/certs')
    return outcomeOf(isChanged, writeIfChanged(host, bundle, rest + own, {mode: 0o644}))
  },
}

function writeFiles(host: Host, found: readonly string[], certificates: readonly string[]): boolean {
  const wanted = new Map(certificates.map((certificate, index) => [`${prefix}${index + 1}.crt`, certificate]))
  if (wanted.size > 0) mkdirAll(host, directory)
  const stale = found.filter((name) => !wanted.has(name))
  for (const name of stale) host.remove(`${directory}/${name}`)
  const written = [...wanted].map(([name, text]) => writeIfChanged(host, `${directory}/${name}`, text, {mode: 0o644}))
  return stale.length > 0 || written.includes(true)
}
