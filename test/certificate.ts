import {join} from 'node:path'
import {execaSync} from 'execa'
import {scratchDirectory} from './scratch.ts'

/** A self-signed certificate for the loopback address: host paths of the certificate and of its key. */
export function makeCertificate(): {readonly key: string; readonly certificate: string} {
  const directory = scratchDirectory()
  const [key, certificate] = [join(directory, 'key'), join(directory, 'certificate')]
  execaSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ])
  return {key, certificate}
}
