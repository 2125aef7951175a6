import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {nodeHttp} from '../../engine/http/node-http.ts'
import {digestOfBytes} from '../../engine/store/digest.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveDirectory} from '../../test/served-directory.ts'
import {fetchFile} from './fetch.ts'

const bytes = Buffer.from('a package '.repeat(50_000))
const wanted = {sha256: digestOfBytes(bytes), sizeBytes: bytes.length}

/** Two mirrors, one file, and the step with a separate directory. */
async function setUp() {
  const directory = scratchDirectory()
  const mirror = async (name: string) => {
    mkdirSync(join(directory, name))
    writeFileSync(join(directory, name, 'x.deb'), bytes)
    return serveDirectory(join(directory, name))
  }
  const [first, second] = [await mirror('first'), await mirror('second')]
  const output = join(directory, 'output')
  const fetched: number[] = []
  /** Called when bytes have arrived. */
  const hook = {progress: () => {}}
  const runFor = (options: {sha256: string; sizeBytes?: number}, ...origins: string[]) =>
    fetchFile.run({
      inputs: {},
      options,
      output,
      scratch: directory,
      epoch: 0,
      signal: new AbortController().signal,
      tool: () => Promise.reject(new Error('runs no tool')),
      http: nodeHttp({tries: 1}),
      sign: () => Promise.reject(new Error('signs nothing')),
      origins: () => origins,
      file: () => '',
      progress: (done) => {
        fetched.push(done)
        hook.progress()
      },
    })
  const run = (...origins: string[]) => runFor(wanted, ...origins)
  return {directory, first, second, output, run, runFor, fetched, hook}
}

test('a file is fetched from the first origin that has it', async () => {
  const {first, second, output, run, fetched} = await setUp()

  await run(`${first.url}/absent.deb`, `${second.url}/x.deb`)

  expect(readFileSync(output).equals(bytes)).toBe(true)
  expect(fetched.at(-1)).toBe(bytes.length)
})

test('an interrupted download continues where it stopped, even from another origin', async () => {
  const {first, second, output, run, hook} = await setUp()
  first.misbehave = ({headers}, response) => {
    hook.progress = () => response.destroy()
    if (headers.range) response.writeHead(404).end()
    else response.writeHead(200, {'content-length': bytes.length}).write(bytes.subarray(0, 1000))
    return true
  }

  await run(`${first.url}/x.deb`, `${second.url}/x.deb`)

  expect(readFileSync(output).equals(bytes)).toBe(true)
  expect(first.requests).toEqual(['GET /x.deb', 'GET /x.deb bytes=1000-'])
  expect(second.requests).toEqual(['GET /x.deb bytes=1000-'])
})

test('a server without ranges is asked for the whole file again', async () => {
  const {first, output, run, hook} = await setUp()
  first.misbehave = (_, response) => {
    const head = response.writeHead(200, {'content-length': bytes.length})
    if (first.requests.length > 1) {
      hook.progress = () => {}
      head.end(bytes)
    } else {
      hook.progress = () => response.destroy()
      head.write(bytes.subarray(0, 1000))
    }
    return true
  }

  await run(`${first.url}/x.deb`)

  expect(readFileSync(output).equals(bytes)).toBe(true)
  expect(first.requests).toEqual(['GET /x.deb', 'GET /x.deb bytes=1000-'])
})

test('an origin with a shorter file does not spoil the right file', async () => {
  const {directory, first, second, output, run, hook} = await setUp()
  writeFileSync(join(directory, 'second', 'x.deb'), 'short')
  first.misbehave = (_, response) => {
    if (first.requests.length > 1) return false
    response.writeHead(200, {'content-length': bytes.length}).write(bytes.subarray(0, 1000))
    hook.progress = () => response.destroy()
    return true
  }
  second.misbehave = ({headers}, response) => {
    if (headers.range) response.writeHead(416).end()
    return headers.range !== undefined
  }

  await run(`${first.url}/x.deb`)
  expect(readFileSync(output).equals(bytes)).toBe(true)
  await expect(run(`${second.url}/x.deb`)).rejects.toMatchObject({code: 'DIGEST_MISMATCH'})
})

test('an origin that always answers 416 is given up', async () => {
  const {first, second, output, run} = await setUp()
  first.misbehave = (_, response) => {
    response.writeHead(416).end()
    return true
  }

  await run(`${first.url}/x.deb`, `${second.url}/x.deb`)
  expect(readFileSync(output).equals(bytes)).toBe(true)
  await expect(run(`${first.url}/x.deb`)).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
  expect(first.requests.length).toBeLessThan(5)
})

test('an origin that sends one byte per connection, or repeatedly less than before, is given up', async () => {
  const {first, run, hook} = await setUp()
  const breakOffAfter = (count: (start: number) => number) => {
    first.requests.length = 0
    first.misbehave = ({headers}, response) => {
      const start = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0)
      const isWhole = start === 0 || first.requests.length % 2 === 0
      const head = isWhole
        ? response.writeHead(200, {'content-length': bytes.length})
        : response.writeHead(206, {'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`})
      hook.progress = () => response.destroy()
      head.write(bytes.subarray(isWhole ? 0 : start).subarray(0, count(start)))
      return true
    }
  }
  breakOffAfter(() => 1)
  await expect(run(`${first.url}/x.deb`)).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
  expect(first.requests.length).toBeLessThan(10)

  breakOffAfter(() => 1 + (first.requests.length % 7) * 100)
  await expect(run(`${first.url}/x.deb`)).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
  expect(first.requests.length).toBeLessThan(10)
})

test('a file that no origin has any more is DOWNLOAD_GONE, unlike a failed download', async () => {
  const {first, second, run} = await setUp()
  second.misbehave = (_, response) => {
    response.writeHead(410).end()
    return true
  }

  await expect(run(`${first.url}/absent.deb`, `${second.url}/absent.deb`)).rejects.toMatchObject({
    code: 'DOWNLOAD_GONE',
    message: 'no mirror has absent.deb any more',
  })
  await expect(run(`${first.url}/absent.deb`, 'http://127.0.0.1:1024/x.deb')).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
  })
})

test('another file of the same size is refused, and the next origin is tried', async () => {
  const {directory, first, second, output, run} = await setUp()
  writeFileSync(join(directory, 'first', 'x.deb'), Buffer.alloc(bytes.length))

  await run(`${first.url}/x.deb`, `${second.url}/x.deb`)
  expect(readFileSync(output).equals(bytes)).toBe(true)

  await expect(run(`${first.url}/x.deb`)).rejects.toMatchObject({code: 'DIGEST_MISMATCH'})
})

test('the page of a captive portal is refused before it is read', async () => {
  const {first, run} = await setUp()
  first.misbehave = (_, response) => {
    response.writeHead(200, {'content-type': 'text/html'}).end('<html>Welcome</html>')
    return true
  }

  await expect(run(`${first.url}/x.deb`)).rejects.toMatchObject({code: 'DIGEST_MISMATCH'})
})

test('a local file is an origin, too', async () => {
  const {directory, output, run} = await setUp()

  await run(join(directory, 'first', 'x.deb'))

  expect(readFileSync(output).equals(bytes)).toBe(true)
})

test('a file without origins is an error whose hint names the mirrors', async () => {
  const {output, run} = await setUp()

  await expect(run()).rejects.toMatchObject({code: 'DOWNLOAD_FAILED', hint: expect.stringContaining('mirror')})
  expect(existsSync(output) && readFileSync(output).length).toBe(0)
})

test('a file of unknown size is checked by its digest alone', async () => {
  const {directory, first, second, output, runFor, fetched} = await setUp()
  const {sha256} = wanted
  writeFileSync(join(directory, 'first', 'x.deb'), 'another file')

  await expect(runFor({sha256}, `${first.url}/x.deb`)).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
    message: 'x.deb does not have the digest that the recipe gives',
  })
  await runFor({sha256}, `${first.url}/x.deb`, `${second.url}/x.deb`)
  expect(readFileSync(output).equals(bytes)).toBe(true)
  expect(fetched.at(-1)).toBe(bytes.length)
})
