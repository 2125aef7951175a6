import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test, vi} from 'vitest'
import {below, on, serveCache, status} from '../../test/cache-server.ts'
import {all, build, warmFiles, whole} from '../../test/cached-build.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {digestOfBytes} from '../store/digest.ts'
import {renderActionResult} from './action-result.ts'
import {openRemoteCaches} from './open-remote-caches.ts'

test('with a warm cache and an empty store no step runs, and only the artifact is fetched', async () => {
  const server = await serveCache()
  const first = await build([`${server.url},write`])
  expect(first).toMatchObject({text: whole, made: all, notes: [`${server.url}: 0 results fetched, 3 sent`]})
  // Downloads come from where they are published.
  expect([...server.files.keys()].map((path) => path.slice(0, 4)).sort()).toEqual([
    '/ac/',
    '/ac/',
    '/ac/',
    '/cas',
    '/cas',
    '/cas',
  ])
  server.requests.length = 0

  const second = await build([server.url])

  expect(second).toMatchObject({text: whole, made: [], notes: [`${server.url}: 1 results fetched, 0 sent`]})
  expect(below(server, 'GET /cas/')).toEqual([`GET /cas/${digestOfBytes(whole)}`])
  expect(below(server, 'PUT')).toEqual([])

  // Its store knows all results now, without the cache.
  expect(await build([], {store: second.store})).toMatchObject({text: whole, made: []})
})

test('a layer that one step of a build needs is fetched, and the others are not', async () => {
  const files = await warmFiles()
  for (const path of files.keys()) {
    const isWhole = path.startsWith('/ac/') && files.get(path)?.includes(digestOfBytes(whole))
    if (isWhole) files.delete(path)
  }
  const server = await serveCache(undefined, files)

  expect(await build([server.url])).toMatchObject({text: whole, made: ['both', 'known'], faults: []})
  expect(below(server, 'GET /cas/')).toHaveLength(2)
})

test('nothing is sent to a cache that is named without ",write"', async () => {
  const server = await serveCache()

  expect(await build([server.url])).toMatchObject({text: whole, made: all, notes: []})
  expect(server.requests.filter((line) => !line.startsWith('GET /ac/'))).toEqual([])
})

test('caches are asked in their order, and one that fails does not hide the next', async () => {
  const files = await warmFiles()
  const broken = await serveCache(on('GET /cas/', status(500)), files)
  const empty = await serveCache()
  const sound = await serveCache(undefined, files)

  const {text, made, faults} = await build([broken.url, `${empty.url},write`, sound.url])

  expect({text, made}).toEqual({text: whole, made: []})
  expect(faults).toHaveLength(1)
})

test('an entry that lies about an input whose bytes are gone leads to the right bytes, which are sent under the right key', async () => {
  const files = await warmFiles()
  const entry = `/ac/${[...files.keys()].find((path) => files.get(path)?.includes(digestOfBytes('first, ')))?.slice(4)}`
  const server = await serveCache(undefined, new Map(files))
  server.files.set(entry, Buffer.from(renderActionResult({digest: '0'.repeat(64), sizeBytes: 7})))

  expect(await build([`${server.url},write`])).toMatchObject({text: whole, faults: []})
  expect(server.files).toEqual(files)
})

test('credentials of the URL or of .netrc are sent, and appear in no event', async () => {
  const refused = await serveCache(on('GET', status(403)))
  const secret = refused.url.replace('//', '//me:geheim%40@')
  const basic = `Basic ${Buffer.from('me:geheim@').toString('base64')}`

  const byUrl = await build([`${secret},write`])
  expect(byUrl.faults).toHaveLength(1)
  expect(JSON.stringify(byUrl.events)).not.toContain('geheim')
  expect(new Set(refused.authorizations)).toEqual(new Set([basic]))

  const netrc = join(scratchDirectory(), 'netrc')
  await writeFile(netrc, 'machine example.org login you password x\nmachine 127.0.0.1 login me\n  password geheim@\n')
  vi.stubEnv('NETRC', netrc)
  const server = await serveCache()
  const byFile = await build([`${server.url},write`])
  vi.unstubAllEnvs()
  expect(byFile.faults).toEqual([])
  expect(JSON.stringify(byFile.events)).not.toContain('geheim')
  expect(below(server, 'PUT')).toHaveLength(6)
  expect(new Set(server.authorizations)).toEqual(new Set([basic]))
})

test.each([
  ['ftp://h/x', 'ftp://h/x is not the URL of a cache'],
  ['http://h/x,wirte', 'a cache is for reading, or for "write", not for "wirte"'],
  ['http://me:geheim@h/x,wirte', 'a cache is for reading'],
  ['http://h/?a=b', 'the URL of a cache has no query'],
  ['http://me:geheim%zz@h/', 'not percent-encoded'],
  ['', 'is not the URL of a cache'],
])('%j is refused as a cache', async (text, message) => {
  const opening = openRemoteCaches([text], {emit: () => {}, signal: new AbortController().signal})

  await expect(opening).rejects.toMatchObject({code: 'USAGE_INVALID', message: expect.stringContaining(message)})
  expect(JSON.stringify(await opening.catch(({message: said, details}) => [said, details]))).not.toContain('geheim')
})
