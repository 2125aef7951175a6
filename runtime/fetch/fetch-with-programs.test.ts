import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveFromProcess} from '../../test/served-from-process.ts'
import type {RunOptions, RunResult} from '../host/host.ts'
import {MemoryHost} from '../host/memory.ts'
import {fetchWithPrograms} from './fetch-with-programs.ts'

const hostThat = (run: (argv: readonly string[], options: RunOptions, host: MemoryHost) => RunResult) =>
  new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    run,
  })

test('the timeout of a connection is much shorter than that of a response', () => {
  const host = hostThat(() => ({status: 28, stdout: '000 Connection timed out'}))
  const result = fetchWithPrograms(host, 'https://black.example/', {scratch: '/run/scratch'})
  const argv = host.commands[0]?.argv ?? []
  const after = (option: string) => argv[argv.indexOf(option) + 1]

  expect(result).toMatchObject({status: 0, error: 'Connection timed out'})
  expect(argv).toContain('--connect-timeout')
  expect([after('--connect-timeout'), after('--max-time')]).toEqual(['8', '30'])
})

test('curl follows no redirect from https to http, and limits the size of a response', async () => {
  const {plain, secure, certificate} = await serveFromProcess()
  const scratch = join(scratchDirectory(), 'answer')
  const host = hostThat(([program = '', ...words], _, memory) => {
    const {status, stdout} = spawnSync(program, words, {env: {...process.env, CURL_CA_BUNDLE: certificate}})
    if (existsSync(scratch)) memory.put(scratch, {content: readFileSync(scratch)})
    return {status: status ?? 255, stdout: stdout.toString()}
  })
  const get = (url: string) => {
    const {status, body, error = ''} = fetchWithPrograms(host, url, {scratch})
    return {status, text: Buffer.from(body.subarray(0, 40)).toString(), error}
  }

  expect(get(`${plain}/hello`)).toMatchObject({status: 200, text: 'hello\n'})
  expect(get(`${plain}/to-plain`)).toMatchObject({status: 200, text: 'hello\n'})
  expect(get(`${plain}/to-secure`)).toMatchObject({status: 200, text: 'hello\n'})
  expect(get(`${secure}/to-secure`)).toMatchObject({status: 200, text: 'hello\n'})
  expect(get(`${secure}/to-plain`)).toMatchObject({status: 0, text: '', error: expect.stringMatching(/protocol/i)})
  expect(get(`${plain}/huge`)).toMatchObject({status: 0, text: '', error: expect.stringMatching(/size/i)})
})

test('wget, which checks no certificate, is not used for https, and its answer after a redirect there is discarded', () => {
  let target = 'http://h/x'
  const said = () => `  HTTP/1.1 302 Found\n  Location: ${target}\n  HTTP/1.1 200 OK\n`
  const host = hostThat(([program]) => (program === 'curl' ? {status: 127, stdout: ''} : {status: 0, stdout: said()}))
  const get = (url: string) => {
    host.put('/run/scratch', {content: 'an answer'})
    return fetchWithPrograms(host, url, {scratch: '/run/scratch'})
  }

  expect(get('https://h/')).toMatchObject({status: 0, error: expect.stringContaining('certificate')})
  expect(get('http://h/')).toMatchObject({status: 200})
  target = 'https://h/x'
  expect(get('http://h/')).toMatchObject({status: 0, error: expect.stringContaining('certificate')})
})

test('a proxy for http counts under either name, and not for the metadata service of a cloud', () => {
  const host = hostThat(() => ({status: 0, stdout: '200 '}))
  const env = {HTTP_PROXY: 'http://proxy:3128', no_proxy: 'lab.example'}
  fetchWithPrograms(host, 'http://h/', {scratch: '/run/scratch', env})
  fetchWithPrograms(host, 'http://169.254.169.254/', {scratch: '/run/scratch', env, isDirect: true})
  const [usual, direct] = host.commands

  expect(usual?.options.env).toMatchObject({http_proxy: 'http://proxy:3128', no_proxy: 'lab.example'})
  expect(usual?.argv).not.toContain('--noproxy')
  expect(direct?.argv.join(' ')).toContain('--noproxy *')
})
