// A process in front of a registry: front-program.ts URL OPTIONS. Prints its port, then one JSON object per request.
import {createServer, type IncomingMessage, request, type ServerResponse} from 'node:http'
import type {FrontOptions} from './registry-front.ts'

const [url = '', text = '{}'] = process.argv.slice(2)
const options: FrontOptions = JSON.parse(text)
const upstream = new URL(url)
let cutsLeft = options.cut?.times ?? 0
let port = 0
const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
const expected = (scheme: string, secret: string) => `${scheme} ${secret}`
const basic = options.login === undefined ? undefined : Buffer.from(options.login).toString('base64')

/** Answers without the registry: asks for credentials, or gives a token for them. */
function answerItself({headers, url: path = ''}: IncomingMessage, response: ServerResponse): number | undefined {
  const says = (status: number, body: object, more: Record<string, string> = {}) => {
    response.writeHead(status, {'content-type': 'application/json', ...more}).end(JSON.stringify(body))
    return status
  }
  const denied = {errors: [{code: 'UNAUTHORIZED', message: 'authentication required'}]}
  const isIn = basic === undefined || headers.authorization === expected('Basic', basic)
  if (path.startsWith('/token')) return isIn ? says(200, {token: 'let-me-in'}) : says(401, denied)
  if (options.auth === 'token' && headers.authorization !== expected('Bearer', 'let-me-in'))
    return says(401, denied, {
      'www-authenticate': `Bearer realm="http://127.0.0.1:${port}/token",service="front",scope="repository:x:pull,push"`,
    })
  if (options.auth === 'basic' && !isIn) return says(401, denied, {'www-authenticate': 'Basic realm="front"'})
  return undefined
}

const server = createServer((incoming, response) => {
  const {method = '', url: path = '', headers} = incoming
  let sentBytes = 0
  let receivedBytes = 0
  let status = answerItself(incoming, response)
  const done = () => print({method, path, status, receivedBytes, sentBytes, range: headers.range})
  incoming.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length
    const {cut} = options
    if (cut?.method !== method || cutsLeft === 0 || receivedBytes < cut.afterBytes) return
    cutsLeft--
    incoming.socket.destroy()
  })
  if (status !== undefined) {
    incoming.resume()
    incoming.on('end', done)
    return
  }
  const outgoing = request({host: upstream.hostname, port: upstream.port, method, path, headers}, (answer) => {
    status = answer.statusCode
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.on('data', (chunk: Buffer) => {
      const {cut} = options
      sentBytes += chunk.length
      if (cut?.method === method && cutsLeft > 0 && sentBytes > cut.afterBytes) {
        cutsLeft--
        // What was written first: a destroyed socket drops what waits in it.
        const rest = chunk.subarray(0, chunk.length - (sentBytes - cut.afterBytes))
        response.write(rest, () => response.destroy())
        answer.destroy()
        done()
      } else response.write(chunk)
    })
    answer.on('end', () => response.end(done))
  })
  outgoing.on('error', () => response.destroy())
  incoming.on('error', () => outgoing.destroy())
  incoming.on('close', () => !incoming.complete && outgoing.destroy())
  incoming.pipe(outgoing)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  print({port})
})
