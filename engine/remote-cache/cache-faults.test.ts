import {expect, test} from 'vitest'
import {answerWith, below, type Interfere, on, serveCache, status} from '../../test/cache-server.ts'
import {all, build, warmFiles, whole} from '../../test/cached-build.ts'
import {digestOfBytes} from '../store/digest.ts'

test.each<[string, Interfere, string]>([
  ['answers lookups with 500', on('GET /ac/', status(500)), 'status 500'],
  ['asks for a password', on('GET /ac/', status(401)), 'status 401'],
  ['ends connections', on('GET /ac/', ({socket}) => void socket.destroy()), 'no answer'],
  [
    'has HTML for entries',
    on(
      'GET /ac/',
      answerWith(() => Buffer.from('<html>not found</html>')),
    ),
    'damaged',
  ],
  [
    'has half of an entry',
    on(
      'GET /ac/',
      answerWith((content) => content.subarray(0, 40)),
    ),
    'damaged',
  ],
  [
    'has empty entries',
    on(
      'GET /ac/',
      answerWith(() => Buffer.alloc(0)),
    ),
    'damaged',
  ],
  [
    'has endless entries',
    on(
      'GET /ac/',
      answerWith(() => Buffer.alloc(1 << 20)),
    ),
    'longer than',
  ],
  ['answers fetches with 500', on('GET /cas/', status(500)), 'status 500'],
  [
    'has other bytes',
    on(
      'GET /cas/',
      answerWith((content) => Buffer.alloc(content.length, 'x')),
    ),
    'other bytes',
  ],
  [
    'has fewer bytes',
    on(
      'GET /cas/',
      answerWith((content) => content.subarray(1)),
    ),
    'other bytes',
  ],
  [
    'has more bytes',
    on(
      'GET /cas/',
      answerWith((content) => Buffer.alloc(content.length + 1)),
    ),
    'other bytes',
  ],
  [
    'breaks off within its bytes',
    on('GET /cas/', (_, response, content) => {
      response.writeHead(200, {'content-length': content?.length ?? 0}).write('know')
      setTimeout(() => response.destroy(), 50)
    }),
    'left alone',
  ],
])('a cache that %s costs one note, and the build makes the right bytes', async (_, interfere, reason) => {
  const server = await serveCache(interfere, await warmFiles())

  const {text, faults, store} = await build([server.url])

  expect(text).toBe(whole)
  expect(faults).toEqual([expect.stringContaining(reason)])
  expect(faults[0]).toContain(`the cache ${server.url} is left alone`)
  // Requests that were under way when the first one failed.
  expect(server.requests.length).toBeLessThanOrEqual(4)
  expect(await store.verify(digestOfBytes(whole), {again: true})).toBe('good')
})

test.each<[string, Interfere]>([
  ['never answers', on('GET /ac/', () => {})],
  ['never ends its bytes', on('GET /cas/', (_, response) => void response.writeHead(200).write('know'))],
  [
    'sends a byte now and then',
    on('GET /cas/', (_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('k'), 20)
      response.on('close', () => clearInterval(timer))
    }),
  ],
])('a cache that %s is left alone after its time, and the build makes the right bytes', async (_, interfere) => {
  const server = await serveCache(interfere, await warmFiles())

  const {text, faults} = await build([server.url], {silenceMs: 400})

  expect(text).toBe(whole)
  expect(faults).toEqual([expect.stringMatching(/ is left alone: .*(?:data arrived within|it is too slow)/)])
})

test('a cache that never takes an upload is left alone after its time', async () => {
  const server = await serveCache(on('PUT', () => {}))

  const {text, faults} = await build([`${server.url},write`], {silenceMs: 400})

  expect(text).toBe(whole)
  expect(faults).toEqual([expect.stringContaining('it is too slow')])
})

test('a build that is interrupted does not wait for a cache', async () => {
  const abort = new AbortController()
  const asked = await serveCache(on('GET', () => abort.abort(new Error('stopped'))))
  await expect(build([`${asked.url},write`], {silenceMs: 100_000, signal: abort.signal})).rejects.toThrow('stopped')

  const late = new AbortController()
  const sent = await serveCache(on('PUT', () => late.abort(new Error('stopped'))))
  const {faults} = await build([`${sent.url},write`], {silenceMs: 100_000, signal: late.signal}).catch(() => ({
    faults: [],
  }))
  expect(faults).toEqual([])
})

test('a cache that nobody serves costs one note', async () => {
  const {text, made, faults} = await build(['http://127.0.0.1:1,write'])

  expect({text, made}).toEqual({text: whole, made: all})
  expect(faults).toEqual([expect.stringMatching(/^the cache http:\/\/127\.0\.0\.1:1 is left alone: no answer .*/)])
})

test('entries without their bytes, as a writer leaves that was killed or a server that clears old ones, are misses', async () => {
  const files = await warmFiles()
  for (const path of files.keys()) if (path.startsWith('/cas/')) files.delete(path)
  const server = await serveCache(undefined, files)

  expect(await build([server.url])).toMatchObject({text: whole, made: all, faults: []})
})

test.each<[string, Interfere, string]>([
  ['is full', on('PUT', status(507)), 'status 507'],
  ['takes no large bodies', on('PUT', status(413)), 'status 413'],
  ['wants a password for writing', on('PUT', status(401)), 'status 401'],
  ['sends writers elsewhere', on('PUT', (_, response) => void response.writeHead(307, {location: '/x'}).end()), '307'],
  ['breaks off uploads', on('PUT', ({socket}) => void socket.destroy()), 'left alone'],
])('a cache that %s costs one note, and gets no entry', async (_, interfere, reason) => {
  const server = await serveCache(interfere)

  const {text, made, faults} = await build([`${server.url},write`])

  expect({text, made}).toEqual({text: whole, made: all})
  expect(faults).toEqual([expect.stringContaining(reason)])
  expect(below(server, 'PUT /ac/')).toEqual([])
})
