import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'
import {kubernetesState} from '../kubernetes/state.ts'

const place = '/var/lib/rancher/haos/k3s/v1.34.3+k3s1/k3s'
const digestOf = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
const release = {
  name: 'k3s',
  version: 'v1.34.3+k3s1',
  path: place,
  url: 'https://r/k3s',
  sha256: digestOf('the program'),
}

/**
 * A node whose image names a release, and a server that has this text at its URL, with or without support for ranges.
 */
function node(served: string, {hasRanges = true} = {}) {
  const seen: string[] = []
  const host = new MemoryHost({
    sha256: digestOf,
    run: (argv, _, self) => {
      const [program, ...args] = argv
      if (args.includes('--head'))
        return {status: 0, stdout: 'HTTP/1.1 302\r\n\r\nHTTP/1.1 200\r\nContent-Length: 44\r\n'}
      if (program === 'curl') {
        seen.push(kubernetesState(self, deriveIdentity('haos')).text)
        if (!hasRanges && self.lstat(`${place}.part`)) return {status: 33, stdout: ''}
        self.write(args[args.indexOf('--output') + 1] ?? '', served)
      }
      if (program === 'sha256sum') return {status: 0, stdout: `${digestOf(self.readBytes(args[0] ?? '') ?? '')}  x\n`}
      if (program === 'mv') {
        self.write(args[1] ?? '', self.readBytes(args[0] ?? '') ?? '', {mode: self.lstat(args[0] ?? '')?.mode ?? 0})
        self.remove(args[0] ?? '')
      }
      return {status: 0, stdout: ''}
    },
  })
  for (const path of ['/usr', '/usr/bin', '/usr/lib', '/usr/lib/haos', '/etc', '/var', '/var/lib', '/run', '/run/haos'])
    host.put(path, {type: 'directory', mode: 0o755})
  host.put('/usr/lib/haos/kubernetes.json', {content: JSON.stringify(release)})
  host.put('/usr/bin/k3s', {type: 'symlink', content: place})
  const apply = (phase: 'boot' | 'runtime') =>
    applyPhase(phase, {node: {}}, {host, identity: deriveIdentity('haos'), version: '1'})
  return {host, seen, apply}
}

test('the pinned program is fetched in runtime, made executable, and its service started', () => {
  const {host, apply} = node('the program')
  const {services, problems} = apply('runtime')

  expect(problems).toEqual([])
  expect(host.lstat(place)).toMatchObject({mode: 0o755})
  expect(services.map(({name}) => name)).toEqual(['k3s'])
})

test('a program other than the pinned one is neither kept nor run, and is reported', () => {
  const {host, apply} = node('a trap')
  const {services, problems} = apply('runtime')

  expect(problems).toMatchObject([{message: expect.stringContaining('its SHA-256 is')}])
  expect(host.lstat(place)).toBeUndefined()
  expect(host.lstat(`${place}.part`)).toBeUndefined()
  expect(services).toEqual([])
})

test('before the network is up, nothing is fetched, and no service without its program is set up', () => {
  const {host, apply} = node('the program')

  expect(apply('boot').services).toEqual([])
  expect(host.commands.filter(({argv}) => argv[0] === 'curl')).toEqual([])
})

test('an existing program is not fetched again', () => {
  const {host, apply} = node('the program')
  apply('runtime')
  const before = host.commands.length
  apply('runtime')

  expect(host.commands.slice(before).filter(({argv}) => argv[0] === 'curl')).toEqual([])
})

test('the program is not fetched over http after a redirect from https', () => {
  const {host, apply} = node('the program')
  apply('runtime')

  expect(host.commands[0]?.argv.join(' ')).toContain('--proto-redir =https')
})

test('the program is on the disk before it has its name', () => {
  const {host, apply} = node('the program')
  apply('runtime')

  const programs = host.commands.map(({argv}) => argv[0])
  expect(programs.slice(0, 5)).toEqual(['curl', 'curl', 'sha256sum', 'sync', 'mv'])
})

test('an empty file, which a power cut may leave, does not count as the program', () => {
  const {host, apply} = node('the program')
  host.put(place, {content: ''})

  expect(apply('boot').services).toEqual([])
  expect(apply('runtime').services.map(({name}) => name)).toEqual(['k3s'])
  expect(host.read(place)).toBe('the program')
})

test('a partial download is discarded if the server cannot resume it', () => {
  const {host, apply} = node('the program', {hasRanges: false})
  host.put(`${place}.part`, {content: 'the pr'})

  expect(apply('runtime').problems).toEqual([])
  expect(host.read(place)).toBe('the program')
})

test('the hint names the phase that fetches', () => {
  const {apply} = node('a trap')

  expect(apply('runtime').problems[0]?.hint).toContain('`sudo haos config --runtime`')
})

test('while it is fetched, the node knows how much of it has arrived', () => {
  const {host, seen, apply} = node('the program')
  host.put(`${place}.part`, {content: 'the program'})
  apply('runtime')

  expect(seen).toEqual(['k3s v1.34.3+k3s1 is being fetched: 25 % so far.'])
  expect(host.lstat(`${place}.size`)).toBeUndefined()
})
