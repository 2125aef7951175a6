import {writeFileSync} from 'node:fs'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveDirectory} from '../../test/served-directory.ts'
import {serveSecurely} from '../../test/served-securely.ts'
import type {HttpResponse} from './http.ts'
import {nodeHttp} from './node-http.ts'

const text = async ({body}: HttpResponse): Promise<string> => {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

async function server() {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'hello'), 'hello\n')
  return serveDirectory(directory)
}

test('a request to a busy server is retried', async () => {
  const served = await server()
  served.misbehave = (_, response) => {
    if (served.requests.length > 2) return false
    response.writeHead(503).end('busy')
    return true
  }

  const response = await nodeHttp({backoffMs: 1}).get(`${served.url}/hello`)

  expect(response.status).toBe(200)
  expect(await text(response)).toBe('hello\n')
  expect(served.requests).toHaveLength(3)
})

test('the answer of a server that stays busy is returned', async () => {
  const served = await server()
  served.misbehave = (_, response) => {
    response.writeHead(500).end()
    return true
  }

  expect((await nodeHttp({backoffMs: 1, tries: 2}).get(`${served.url}/hello`)).status).toBe(500)
  expect(served.requests).toHaveLength(2)
})

test('a missing file is requested once', async () => {
  const served = await server()

  expect((await nodeHttp({backoffMs: 1}).get(`${served.url}/absent`)).status).toBe(404)
  expect(served.requests).toHaveLength(1)
})

test('user name and password are sent, and not shown if the server does not answer', async () => {
  const served = await server()
  let authorization: string | undefined
  served.misbehave = (request) => {
    authorization = request.headers.authorization
    return false
  }
  const secret = served.url.replace('//', '//me:p%40ss@')
  await nodeHttp().get(`${secret}/hello`)
  expect(authorization).toBe(`Basic ${btoa('me:p@ss')}`)

  const closed = 'http://me:secret@127.0.0.1:1024/x'
  const failure = await nodeHttp({tries: 1})
    .get(closed)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({code: 'DOWNLOAD_FAILED', message: expect.stringContaining('ECONNREFUSED')})
  expect(JSON.stringify(failure)).not.toContain('secret')
})

test('an answer that stops is aborted', async () => {
  const served = await server()
  served.misbehave = (_, response) => {
    response.writeHead(200, {'content-length': 10}).write('five!')
    return true
  }
  const response = await nodeHttp({stallMs: 300}).get(`${served.url}/hello`)

  await expect(text(response)).rejects.toThrow('no data arrived')
})

test('a request to a silent server is not retried', async () => {
  const served = await server()
  served.misbehave = () => true

  await expect(nodeHttp({stallMs: 200, backoffMs: 1}).get(`${served.url}/hello`)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('no data arrived'),
  })
  expect(served.requests).toHaveLength(1)
})

test('an answer that trickles in is aborted like one that stops', async () => {
  const served = await server()
  served.misbehave = (_, response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(drip))
    return true
  }
  const response = await nodeHttp({stallMs: 300}).get(`${served.url}/hello`)

  await expect(text(response)).rejects.toThrow('almost no data')
})

const redirectTo = (location: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(302, {location}).end()
}

test('a redirect is followed, except from https to an unencrypted connection', async () => {
  const served = await server()
  const secure = await serveSecurely((_, response) => response.end('hello over TLS\n'))
  const plain = await serveSecurely(redirectTo(`${served.url}/hello`))
  served.misbehave = (request, response) => {
    if (request.url === '/hello') return false
    redirectTo(request.url === '/up' ? secure : '/hello')(request, response)
    return true
  }
  const get = (url: string) => nodeHttp({tries: 1}).get(url)

  expect(await text(await get(`${served.url}/near`))).toBe('hello\n')
  expect(await text(await get(`${served.url}/up`))).toBe('hello over TLS\n')
  const before = served.requests.length
  await expect(get(`${plain}/x`)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('from https:// to http://'),
  })
  expect(served.requests).toHaveLength(before)
})

test('a redirect loop ends', async () => {
  const served = await server()
  served.misbehave = (request, response) => {
    redirectTo('/hello')(request, response)
    return true
  }

  await expect(nodeHttp({tries: 1}).get(`${served.url}/hello`)).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
  expect(served.requests.length).toBeLessThan(20)
})

test('user name and password are not sent to the target of a redirect', async () => {
  const [first, second] = [await server(), await server()]
  const seen: (string | undefined)[] = []
  second.misbehave = ({headers}) => {
    seen.push(headers.authorization)
    return false
  }
  first.misbehave = (request, response) => {
    if (request.url === '/hello') return second.misbehave(request, response)
    redirectTo(request.url === '/near' ? '/hello' : `${second.url}/hello`)(request, response)
    return true
  }
  const mine = first.url.replace('//', '//me:pw@')
  await nodeHttp().get(`${mine}/near`)
  await nodeHttp().get(`${mine}/far`)

  expect(seen).toEqual([`Basic ${btoa('me:pw')}`, undefined])
})

test('with --offline, files of this machine can be read, and nothing else', async () => {
  const file = join(scratchDirectory(), 'a file')
  writeFileSync(file, '0123456789')
  const http = nodeHttp({offline: true})

  expect(await text(await http.get(pathToFileURL(file).href))).toBe('0123456789')
  expect(await text(await http.get(pathToFileURL(file).href, {headers: {range: 'bytes=7-'}}))).toBe('789')
  expect((await http.get(pathToFileURL(`${file}.not`).href)).status).toBe(404)
  await expect(http.get('https://example.org/x')).rejects.toMatchObject({code: 'OFFLINE'})
})
