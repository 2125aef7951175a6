import {once} from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {expect, onTestFinished, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
import {serveFromProcess} from '../test/served-from-process.ts'
import {DirectoryHost} from './directory-host.ts'

function node() {
  const outside = scratchDirectory()
  const root = join(outside, 'root')
  mkdirSync(join(root, 'etc'), {recursive: true})
  return {outside, root, host: new DirectoryHost(root)}
}

test('no symlink leads out of the directory', () => {
  const {outside, root, host} = node()
  writeFileSync(join(outside, 'secret'), 'secret')
  symlinkSync('../../secret', join(root, 'etc/up'))
  symlinkSync(join(outside, 'secret'), join(root, 'etc/absolute'))
  symlinkSync('/etc', join(root, 'conf'))
  expect(host.read('/etc/up')).toBeUndefined()
  expect(host.read('/etc/absolute')).toBeUndefined()
  expect(host.read('/../secret')).toBeUndefined()
  host.write('/conf/new', 'x')
  expect(readFileSync(join(root, 'etc/new'), 'utf8')).toBe('x')
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
})

test('an error names the path on the node, not the one on this machine', () => {
  const {host} = node()
  expect(() => host.write('/proc/sys/none', 'x', {inPlace: true})).toThrow(
    /^\/proc\/sys\/none: no such file or directory$/,
  )
  expect(() => host.read('/etc')).toThrow(/^\/etc: illegal operation on a directory$/)
})

test('a symlink to itself is an error and no endless loop', () => {
  const {root, host} = node()
  symlinkSync('loop', join(root, 'etc/loop'))
  expect(() => host.read('/etc/loop')).toThrow('too many levels of symbolic links')
})

test('a file keeps its permissions unless others are requested, and no temporary file is left', () => {
  const {root, host} = node()
  writeFileSync(join(root, 'etc/f'), 'old')
  chmodSync(join(root, 'etc/f'), 0o600)
  host.write('/etc/f', 'new')
  expect(lstatSync(join(root, 'etc/f')).mode & 0o7777).toBe(0o600)
  host.write('/etc/f', 'new', {mode: 0o4755})
  expect(lstatSync(join(root, 'etc/f')).mode & 0o7777).toBe(0o4755)
  mkdirSync(join(root, 'etc/d'))
  expect(() => host.write('/etc/d', 'x')).toThrow('/etc/d: is a directory')
  expect(readdirSync(join(root, 'etc'))).toEqual(['d', 'f'])
})

test('programs are listed and not run', () => {
  const {root, host} = node()
  expect(host.run(['sh', '-c', `touch ${root}/ran`], {stdin: 'in', env: {A: '1'}})).toEqual({status: 0, stdout: ''})
  expect(host.commands).toEqual([{argv: ['sh', '-c', `touch ${root}/ran`], env: {A: '1'}, stdin: 'in'}])
  expect(existsSync(join(root, 'ran'))).toBe(false)
})

test('a server that does not answer is contacted once, and none with --offline', async () => {
  const {root, host} = node()
  const gone = await startServer('answer.end()')
  await gone.stop()
  expect(host.fetch(`http://127.0.0.1:${gone.port}/a`)).toMatchObject({
    status: 0,
    error: expect.stringContaining('ECONNREFUSED'),
  })
  const url = `http://127.0.0.1:${(await startServer('answer.end()', gone.port)).port}/b`
  expect(new DirectoryHost(root).fetch(url).status).toBe(200)
  expect(host.fetch(url).status).toBe(0)
  expect(new DirectoryHost(root, {offline: true}).fetch(url).error).toContain('--offline')
})

test('the answer of a server arrives unchanged, with its status', async () => {
  const {port} = await startServer(`
    answer.writeHead(request.url === '/gone' ? 404 : 200)
    answer.end(Buffer.from([0, 255, 10, 13, request.headers['x-test'] ? 1 : 0]))`)
  const {host} = node()
  expect(host.fetch(`http://127.0.0.1:${port}/`, {headers: {'x-test': 'y'}})).toEqual({
    status: 200,
    body: Buffer.from([0, 255, 10, 13, 1]),
  })
  expect(host.fetch(`http://127.0.0.1:${port}/gone`).status).toBe(404)
})

test('a redirect from https to http is refused, and so is an answer that is too large', async () => {
  const {plain, secure, certificate} = await serveFromProcess()
  const {host} = node()
  const get = (url: string) => host.fetch(url, {env: {NODE_EXTRA_CA_CERTS: certificate}})

  expect(get(`${plain}/to-secure`).status).toBe(200)
  expect(get(`${secure}/to-secure`).status).toBe(200)
  expect(get(`${secure}/to-plain`)).toMatchObject({status: 0, error: expect.stringContaining('refused')})
  expect(get(`${plain}/huge`)).toMatchObject({status: 0, error: expect.stringContaining('bytes')})
})

/** Starts a server in a thread of its own: a host blocks this one until its answer is there. */
async function startServer(answer: string, port = 0): Promise<{port: number; stop: () => Promise<unknown>}> {
  const worker = new Worker(
    `const {createServer} = require('node:http'); const {parentPort} = require('node:worker_threads')
     const server = createServer((request, answer) => {${answer}})
       .listen(${port}, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    {eval: true},
  )
  onTestFinished(async () => void (await worker.terminate()))
  const [listening] = await once(worker, 'message')
  return {port: listening, stop: () => worker.terminate()}
}
