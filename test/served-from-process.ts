import {once} from 'node:events'
import {execa} from 'execa'
import {onTestFinished} from 'vitest'
import {makeCertificate} from './certificate.ts'

/** Servers in a separate process. */
export interface ProcessServers {
  /** URL over http without a trailing slash. */
  readonly plain: string
  /** The same over https. */
  readonly secure: string
  /** Host path of the certificate of the latter. */
  readonly certificate: string
}

const program = `
const {readFileSync} = require('node:fs')
const [key, certificate] = process.argv.slice(1)
const places = {}
const answer = ({url}, response) => {
  if (url === '/to-plain') response.writeHead(302, {location: places.plain + '/hello'}).end()
  else if (url === '/to-secure') response.writeHead(302, {location: places.secure + '/hello'}).end()
  else if (url === '/huge') response.writeHead(200, {'content-length': 2 ** 40}).write('x')
  else response.end('hello\\n')
}
const plain = require('node:http').createServer(answer).listen(0, '127.0.0.1', () => {
  const options = {key: readFileSync(key), cert: readFileSync(certificate)}
  const secure = require('node:https').createServer(options, answer).listen(0, '127.0.0.1', () => {
    places.plain = 'http://127.0.0.1:' + plain.address().port
    places.secure = 'https://127.0.0.1:' + secure.address().port
    console.log(JSON.stringify(places))
  })
})`

/**
 * Serves `/hello`, redirects `/to-plain` and `/to-secure`, and a `/huge` answer until the test ends, for tests that block
 * their own process.
 */
export async function serveFromProcess(): Promise<ProcessServers> {
  const {key, certificate} = makeCertificate()
  const server = execa(process.execPath, ['--eval', program, key, certificate], {stdin: 'ignore', reject: false})
  onTestFinished(() => void server.kill('SIGKILL'))
  const [line] = await once(server.stdout, 'data')
  return {...JSON.parse(String(line)), certificate}
}
