import {readFileSync} from 'node:fs'
import type {RequestListener} from 'node:http'
import {createServer} from 'node:https'
import {getCACertificates, setDefaultCACertificates} from 'node:tls'
import {onTestFinished} from 'vitest'
import {makeCertificate} from './certificate.ts'
import {listenInTest} from './listen.ts'

/** Serves https on the loopback address until the test ends, with a certificate that this process trusts. Returns the URL. */
export async function serveSecurely(answer: RequestListener): Promise<string> {
  const {key, certificate} = makeCertificate()
  const cert = readFileSync(certificate, 'utf8')
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, cert])
  const server = createServer({key: readFileSync(key), cert}, answer)
  onTestFinished(() => setDefaultCACertificates(trusted))
  return `https://127.0.0.1:${await listenInTest(server)}`
}
