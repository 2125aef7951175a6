import type {Server} from 'node:net'
import {onTestFinished} from 'vitest'

/** Starts a server on a free port of this machine alone, and returns the port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return address.port
}

/** The same; the server, and whatever is still connected to it, ends with the test. */
export async function listenInTest(server: Server & {closeAllConnections(): void}): Promise<number> {
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return listen(server)
}
