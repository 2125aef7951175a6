import {readFileSync} from 'node:fs'
import type {RequestListener} from 'node:http'
import {createServer} from 'node:https'
import {join} from 'node:path'
import {getCACertificates, setDefaultCACertificates} from 'node:tls'
import {execaSync} from 'execa'
import {onTestFinished} from 'vitest'
import {scratchDirectory} from './scratch.ts'

/** Answers over https on the loopback address until the test ends, with a certificate that this process trusts. Gives the address. */
export async function serveSecurely(answer: RequestListener): Promise<string> {
  const directory = scratchDirectory()
  const [keyFile, certificateFile] = [join(directory, 'key'), join(directory, 'certificate')]
  execaSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile],
  ])
  const cert = readFileSync(certificateFile, 'utf8')
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, cert])
  const server = createServer({key: readFileSync(keyFile), cert}, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    setDefaultCACertificates(trusted)
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return `https://127.0.0.1:${address.port}`
}
