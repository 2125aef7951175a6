import {createServer} from 'node:http'
import {listen} from './listen.ts'

/** A server of files on the loopback address, until it is closed. */
export interface ServedFiles {
  readonly port: number
  /** Paths requested so far. */
  readonly requests: readonly string[]
  close(): void
}

/** Serves files by their percent-encoded paths, on a free port. A guest reaches it at 10.0.2.2. */
export async function serveFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<ServedFiles> {
  const requests: string[] = []
  const server = createServer(({url = ''}, response) => {
    requests.push(url)
    const content = files[url]
    response
      .writeHead(content === undefined ? 404 : 200, {'content-length': Buffer.byteLength(content ?? '')})
      .end(content)
  })
  const port = await listen(server)
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return {port, requests, close}
}
