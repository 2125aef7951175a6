import {createReadStream, statSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {join} from 'node:path'
import {listenInTest} from './listen.ts'

/** Handles one request instead of serving the file. Returns false to serve it. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean

/** A directory served on the loopback address until the test ends. */
export interface ServedDirectory {
  /** Address without a trailing slash. */
  readonly url: string
  /** Method, path and range of each request so far. */
  readonly requests: string[]
  misbehave: Misbehaviour
}

/** Serves the files of a directory, with ranges (RFC 9110, 14), on a free port. */
export async function serveDirectory(directory: string): Promise<ServedDirectory> {
  const requests: string[] = []
  const served = {url: '', requests, misbehave: (() => false) as Misbehaviour}
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/')
    const {range} = request.headers
    requests.push([request.method, path, ...(range ? [range] : [])].join(' '))
    if (served.misbehave(request, response)) return
    const file = join(directory, path)
    const size = statSync(file, {throwIfNoEntry: false})?.size
    if (size === undefined) {
      response.writeHead(404).end()
      return
    }
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (range && start >= size) {
      response.writeHead(416, {'content-range': `bytes */${size}`}).end()
      return
    }
    response.writeHead(range ? 206 : 200, {
      'content-length': size - start,
      ...(range && {'content-range': `bytes ${start}-${size - 1}/${size}`}),
    })
    createReadStream(file, {start}).pipe(response)
  })
  served.url = `http://127.0.0.1:${await listenInTest(server)}`
  return served
}
