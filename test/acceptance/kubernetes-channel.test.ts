import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {afterAll, expect, test} from 'vitest'
import {digestOfBytes} from '#engine'
import {listen} from '../listen.ts'
import {makeTinyWorld} from './tiny-world.ts'

/** The release that the channel names at the moment. */
let current = 'v1.34.3+k3s1'
/** A release host with a channel: each release has a program and container images of its own. */
const host = createServer(({url = ''}, response) => {
  if (url === '/channels/stable') {
    response.writeHead(302, {location: `https://releases.invalid/tag/${encodeURIComponent(current)}`}).end()
    return
  }
  const [, version = '', file = ''] = url.split('/')
  const contentOf = (name: string) => `${name} of ${version}`
  const names = ['k3s', 'k3s-airgap-images-amd64.tar.zst']
  const list = names.map((name) => `${digestOfBytes(contentOf(name))}  ${name}\n`).join('')
  const text = file === 'sha256sum-amd64.txt' ? list : names.includes(file) ? contentOf(file) : undefined
  response.writeHead(text === undefined ? 404 : 200, {'content-length': Buffer.byteLength(text ?? '')}).end(text)
})
const url = `http://127.0.0.1:${await listen(host)}`
afterAll(() => void host.close())

const kubernetes = {
  kind: 'k3s',
  channel: 'stable',
  channelServer: `${url}/channels`,
  mirror: url,
  airgap: true,
  registries: {configs: {'mirror.example.com': {auth: {username: 'node', password: 'geheim-am-spiegel'}}}},
}

test('a channel stays at its pinned release until it is asked for, never goes back by itself, and no output shows the password of a registry', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe: {more: `kubernetes: ${JSON.stringify(kubernetes)},`}})
  const pinned = () =>
    readFileSync(place.lock, 'utf8')
      .split('\n')
      .flatMap((line) => /"name":"(k3s[^"]*)","version":"([^"]*)"/.exec(line)?.slice(1, 3).join(' ') ?? [])
  const shown: string[] = []
  const run = async (...words: string[]) => {
    const result = await place.run(words)
    shown.push(result.stdout, result.stderr)
    return result
  }

  expect(await run('lock')).toMatchObject({status: 0})
  expect(pinned()).toEqual(['k3s v1.34.3+k3s1', 'k3s-airgap-images v1.34.3+k3s1'])

  current = 'v1.34.4+k3s1'
  expect(await run('lock')).toMatchObject({status: 0})
  expect(pinned()[0]).toBe('k3s v1.34.3+k3s1')
  const planned = await run('plan', 'iso', '--json')
  expect(planned).toMatchObject({status: 0, stdout: expect.stringContaining('registries.yaml')})
  expect(await run('plan', '--spec')).toMatchObject({status: 0, stdout: expect.stringContaining('"username": "node"')})

  expect(await run('lock', '--update', 'k3s')).toMatchObject({status: 0})
  expect(pinned()).toEqual(['k3s v1.34.4+k3s1', 'k3s-airgap-images v1.34.4+k3s1'])

  current = 'v1.34.3+k3s1'
  expect(await run('lock', '--update', 'k3s')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('k3s is downgraded from v1.34.4+k3s1 to v1.34.3+k3s1'),
  })
  expect(pinned()[0]).toBe('k3s v1.34.4+k3s1')
  expect(await run('lock', '--update', 'k3s', '--allow-downgrade')).toMatchObject({status: 0})
  expect(pinned()[0]).toBe('k3s v1.34.3+k3s1')
  expect(shown.join('')).not.toContain('geheim-am-spiegel')
})
