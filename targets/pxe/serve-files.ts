import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import type {AddressInfo} from 'node:net'
import {pipeline} from 'node:stream/promises'
import {HaosError} from '#dsl'

export interface ServeFilesOptions {
  /** Host path of each file, by its name below the server's root. */
  readonly files: ReadonlyMap<string, string>
  /** Address of this machine to listen on. */
  readonly host: string
  /** Port to listen on; 0 selects a free one. */
  readonly port: number
  /** Called for every request. */
  readonly onRequest?:
    | ((request: {readonly client: string; readonly path: string; readonly status: number}) => void)
    | undefined
}

export interface FileServer {
  readonly url: string
  close(): Promise<void>
}

/** Serves the named files over HTTP, and nothing else. Fails with HOST_UNSUPPORTED if it cannot listen on the address. */
export async function serveFiles({files, host, port, onRequest}: ServeFilesOptions): Promise<FileServer> {
  // Not at the top: it takes Node 20 ms to load, for each command.
  const {createServer} = await import('node:http')
  const server = createServer(async ({method, url = '/', socket}, response) => {
    // The names contain no encoded characters.
    const path = url.split('?', 1)[0]?.slice(1) ?? ''
    const file = files.get(path)
    const reads = method === 'GET' || method === 'HEAD'
    const status = !reads ? 405 : file === undefined ? 404 : 200
    onRequest?.({client: socket.remoteAddress ?? '', path, status})
    if (file === undefined || status !== 200) {
      response.writeHead(status).end()
      return
    }
    try {
      const {size} = await stat(file)
      response.writeHead(200, {'content-length': size, 'content-type': 'application/octet-stream'})
      if (method === 'HEAD') response.end()
      else await pipeline(createReadStream(file), response)
    } catch {
      // The client disconnected or the file was removed: the truncated response shows it.
      response.destroy()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((cause: unknown) => {
    throw new HaosError('HOST_UNSUPPORTED', `cannot listen on ${host}:${port}`, {
      hint: 'Name an address of this machine and a free port; ports below 1024 require root.',
      at: '--serve',
      cause,
    })
  })
  const {address, port: taken, family} = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
