import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {listenInTest} from './listen.ts'

/** A server of Bazel's remote cache protocol in memory, for the time of a test. */
export interface CacheServer {
  readonly url: string
  /** Contents by path, such as `/ac/…`. */
  readonly files: Map<string, Buffer>
  /** `GET /ac/…` and the like, so far. */
  readonly requests: string[]
  /** `Authorization` of each request; empty if it had none. */
  readonly authorizations: string[]
}

/** Answers a request itself, and returns true; with false, the server answers. */
export type Interfere = (request: IncomingMessage, response: ServerResponse, content: Buffer | undefined) => boolean

export async function serveCache(
  interfere: Interfere = () => false,
  files = new Map<string, Buffer>(),
): Promise<CacheServer> {
  const requests: string[] = []
  const authorizations: string[] = []
  const server = createServer(async (request, response) => {
    const {method = '', url = ''} = request
    requests.push(`${method} ${url}`)
    authorizations.push(request.headers.authorization ?? '')
    const content = files.get(url)
    if (interfere(request, response, content)) return
    if (method === 'PUT') {
      const pieces = await Array.fromAsync(request)
      files.set(url, Buffer.concat(pieces))
      response.writeHead(201).end()
    } else response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  const port = await listenInTest(server)
  return {url: `http://127.0.0.1:${port}`, files, requests, authorizations}
}

/** The requests so far that begin with a method and a path. */
export const below = ({requests}: CacheServer, start: string) => requests.filter((line) => line.startsWith(start))

/** Interferes with requests of one method and path. */
export const on =
  (start: string, answer: (...args: Parameters<Interfere>) => void): Interfere =>
  (request, response, content) => {
    const isMeant = `${request.method} ${request.url}`.startsWith(start)
    if (isMeant) answer(request, response, content)
    return isMeant
  }

/** Answers with other content. */
export const answerWith =
  (change: (content: Buffer) => Buffer): Parameters<typeof on>[1] =>
  (_request, response, content = Buffer.alloc(0)) =>
    void response.writeHead(200).end(change(content))

/** Refuses with a status and a page. */
export const status =
  (code: number): Parameters<typeof on>[1] =>
  (request, response) => {
    request.resume()
    response.writeHead(code).end('<html>')
  }
