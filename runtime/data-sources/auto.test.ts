import {beforeEach, expect, test} from 'vitest'
import type {FetchOptions} from '../host/host.ts'
import {MemoryHost} from '../host/memory.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {probeDataSources, takeLocalNetwork} from './probe.ts'
import {isAsked} from './store.ts'

type Answer = string | number | ((options: FetchOptions) => number)

/** Those that the machine of the current test has run. */
const programs: string[] = []
beforeEach(() => programs.splice(0))

/** A machine at a vendor, with a web and at most one disc, whose label is cidata. */
function machine({vendor = 'QEMU', web = {}, disc}: {vendor?: string; web?: Record<string, Answer>; disc?: string}) {
  const host = new MemoryHost({
    sha256: () => '',
    fetch(url, options) {
      const found = web[url] ?? 404
      const answer = typeof found === 'function' ? found(options) : found
      const isText = typeof answer === 'string'
      return {status: isText ? 200 : answer, body: encodeUtf8(isText ? answer : '')}
    },
    run(argv) {
      if (argv[0] === 'sh') {
        programs.push(argv.slice(3).join(' '))
        const other = '/dev/vda1: LABEL="HAOS_STATE" UUID="1" TYPE="ext4"\n'
        return {
          status: 0,
          stdout: disc === undefined ? other : `${other}/dev/sr1: UUID="2" LABEL="cidata" TYPE="iso9660"\n`,
        }
      }
      if (argv[0] === 'mount') host.put('/run/config/medium/user-data', {content: disc ?? ''})
      if (argv[0] === 'umount') host.remove('/run/config/medium/user-data')
      return {status: 0, stdout: ''}
    },
  })
  host.put('/run', {type: 'directory', mode: 0o755})
  host.put('/sys/class/dmi/id/sys_vendor', {content: `${vendor}\n`})
  for (const [name, size] of Object.entries({fd0: 8, loop0: 9000, sr0: 0, sr1: 720, vda1: 40960}))
    host.put(`/sys/class/block/${name}/size`, {content: `${size}\n`})
  return host
}

test('auto sends nothing where the firmware names no cloud, and takes a disc', () => {
  const bare = machine({web: {'http://169.254.169.254/latest/meta-data/instance-id': 'i-1'}})
  expect(probeDataSources(bare, ['auto'])).toEqual({provider: undefined, problems: [], lost: []})
  expect(bare.requests).toEqual([])
  expect(bare.sleptMs).toBe(0)
  expect(programs).toEqual(['blkid /dev/sr1 /dev/vda1'])

  const disc = machine({disc: 'hostname: disc'})
  expect(probeDataSources(disc, ['auto']).provider).toBe('nocloud')
  expect(disc.requests).toEqual([])
})

test('auto asks the cloud that the firmware names, and no other', () => {
  const web = {'http://169.254.169.254/v1/instanceid': 'v1', 'http://169.254.169.254/latest/user-data': 'hostname: x'}
  const host = machine({vendor: 'Vultr', web})
  expect(probeDataSources(host, ['auto'])).toEqual({provider: 'vultr', problems: [], lost: []})
  expect(host.requests.filter((url) => !/v1|user-data/.test(url))).toEqual([])
})

test('a machine of VMware without its tools is a problem that no retry mends', () => {
  const host = new MemoryHost({sha256: () => '', run: () => ({status: 127, stdout: ''})})
  host.put('/run', {type: 'directory', mode: 0o755})
  host.put('/sys/class/dmi/id/sys_vendor', {content: 'VMware, Inc.\n'})
  const {problems, lost} = probeDataSources(host, ['auto'])
  expect(problems).toEqual([expect.stringContaining('add open-vm-tools')])
  expect(lost).toEqual([])
})

test('files of NoCloud that a server does not deliver are asked for again later, and a seed without any is told of', () => {
  let status = 503
  const host = new MemoryHost({
    sha256: () => '',
    fetch: () => ({status, body: new Uint8Array()}),
    run: () => ({status: 1, stdout: ''}),
  })
  host.put('/proc/cmdline', {content: 'ds=nocloud;s=https://seed.example/\n'})
  const lost = () => probeDataSources(host, ['nocloud']).lost
  expect(lost()).toEqual(['nocloud: user-data of nocloud could not be fetched: the server answered 503'])
  expect(isAsked(host)).toBe(false)
  status = 404
  expect(lost()).toEqual(['nocloud: https://seed.example/ has neither user-data nor meta-data'])
  host.put('/proc/cmdline', {content: 'ds=nocloud;s=ftp://seed.example/\n'})
  expect(lost()).toEqual([expect.stringContaining('must be an http or https URL')])
})

test('Azure that does not take the report of readiness is told again later', () => {
  const instance = {compute: {vmId: 'az-1'}}
  const host = machine({
    web: {
      'http://169.254.169.254/metadata/instance?api-version=2019-06-01&format=json': JSON.stringify(instance),
      'http://169.254.169.254/metadata/instance?api-version=2021-08-01&format=json': () => 400,
      'http://168.63.129.16/machine/?comp=goalstate': '<ContainerId>c</ContainerId><InstanceId>i</InstanceId>',
      'http://168.63.129.16/machine?comp=health': ({method}) => (method === 'POST' ? 503 : 405),
    },
  })
  expect(probeDataSources(host, ['azure'])).toEqual({
    provider: 'azure',
    problems: [],
    lost: ['azure was not told that this machine is ready: it answered the report with status 503'],
  })
  expect(isAsked(host)).toBe(false)
  expect(host.read('/run/config/instance_id')).toBe('az-1\n')
})

test('the description of the links is taken from a disc without a network, and nothing else is', () => {
  const host = machine({disc: 'hostname: disc'})
  expect(takeLocalNetwork(host, ['auto'])).toBe(false)
  const {run} = host
  host.run = (argv, options) => {
    const result = run.call(host, argv, options)
    if (argv[0] === 'mount') host.put('/run/config/medium/network-config', {content: 'version: 2\n'})
    return result
  }
  expect(takeLocalNetwork(host, ['aws', 'auto'])).toBe(true)
  expect(host.read('/run/config/network-config')).toBe('version: 2\n')
  expect(host.lstat('/run/config/userdata')).toBeUndefined()
  expect(isAsked(host)).toBe(false)
  expect(host.requests).toEqual([])
})
