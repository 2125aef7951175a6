import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../host/memory.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {runCommand} from './command-line.ts'

const base = 'http://169.254.169.254'
const web: Readonly<Record<string, string>> = {
  [`${base}/v1/instanceid`]: 'v-1',
  [`${base}/v1/hostname`]: 'vu',
  [`${base}/v1/public-keys`]: 'ssh-ed25519 AAAAkey me@lab',
  [`${base}/latest/user-data`]: '#cloud-config\nhaos: {token: geheim}\n',
}

function node() {
  const host = new MemoryHost({
    sha256: () => '',
    fetch: (url) => ({status: web[url] === undefined ? 404 : 200, body: encodeUtf8(web[url] ?? '')}),
  })
  host.put('/run', {type: 'directory', mode: 0o755})
  const printed: string[] = []
  const run = (...argv: string[]) =>
    runCommand(argv, {
      host,
      identity: deriveIdentity('haos'),
      version: '1.0',
      print: (line) => printed.push(line),
      printError: (line) => printed.push(line),
    })
  return {host, printed, run}
}

test('what came from which source is shown, without what may be secret', () => {
  const {printed, run} = node()
  expect(run('metadata', 'vultr')).toBe(0)
  printed.length = 0
  expect(run('metadata', 'show')).toBe(0)
  expect(printed).toEqual([
    'hostname             vultr  vu',
    'instance_id          vultr  v-1',
    'ssh/authorized_keys  vultr  ssh-ed25519 me@lab',
    'userdata             vultr  cloud-config, 36 bytes',
  ])
  printed.length = 0
  expect(run('metadata', 'show', '--json')).toBe(0)
  expect(JSON.parse(printed.join('\n'))).toContainEqual({name: 'hostname', source: 'vultr', value: 'vu'})
  expect(printed.join()).not.toMatch(/geheim|AAAA/)
})

test('a node without metadata, an unknown flag and an ordinary user are answered in words', () => {
  const {host, printed, run} = node()
  expect(run('metadata', 'show')).toBe(0)
  expect(printed).toEqual(['No data source has delivered anything.'])
  expect(run('metadata', 'show', '--jason')).toBe(2)
  host.put('/proc/self/status', {uid: 1000})
  expect(run('metadata', 'show')).toBe(1)
  expect(printed.at(-1)).toContain('use sudo')
})
