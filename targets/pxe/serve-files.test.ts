import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveFiles} from './serve-files.ts'

const serve = async (port = 0) => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'kernel'), 'kernel bytes')
  writeFileSync(join(directory, 'secret'), 'secret')
  const requests: string[] = []
  const server = await serveFiles({
    files: new Map([['vmlinuz', join(directory, 'kernel')]]),
    host: '127.0.0.1',
    port,
    onRequest: ({path, status}) => requests.push(`${status} ${path}`),
  })
  onTestFinished(() => server.close())
  return {server, requests}
}

test('the named files are served, and nothing else', async () => {
  const {server, requests} = await serve()
  const found = await fetch(`${server.url}/vmlinuz`)

  expect(await found.text()).toBe('kernel bytes')
  expect(found.headers.get('content-length')).toBe('12')
  for (const path of ['secret', '../secret', '%2e%2e/secret', '']) {
    expect((await fetch(`${server.url}/${path}`)).status).toBe(404)
  }
  expect((await fetch(`${server.url}/vmlinuz`, {method: 'PUT'})).status).toBe(405)
  expect(requests[0]).toBe('200 vmlinuz')
})

test('an unusable address is refused with a hint', async () => {
  const {server} = await serve()

  await expect(serve(Number(new URL(server.url).port))).rejects.toMatchObject({code: 'HOST_UNSUPPORTED'})
})

test('a path that cannot be decoded does not end the server', async () => {
  const {server} = await serve()

  expect((await fetch(`${server.url}/%ff`)).status).toBe(404)
})
