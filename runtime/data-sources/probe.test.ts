import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import type {FetchOptions} from '../host/host.ts'
import {MemoryHost} from '../host/memory.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {probeDataSources} from './probe.ts'
import {providers} from './providers.ts'
import {isAsked} from './store.ts'

/** The text of a response, or its status without a text; 0 is no response. */
type Answer = string | number | undefined
type Web = Readonly<Record<string, string | ((options: FetchOptions) => Answer)>>

interface Machine {
  readonly web?: Web
  readonly firmware?: string
  /** Files by device. `labels` has the devices by label. */
  readonly media?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly labels?: Readonly<Record<string, string>>
  readonly types?: Readonly<Record<string, string>>
}

function machine({web = {}, firmware = 'QEMU', media = {}, labels = {}, types = {}}: Machine): MemoryHost {
  const place = '/run/config/medium'
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    fetch(url, options) {
      const answer = web[url]
      const text = typeof answer === 'function' ? answer(options) : answer
      if (Object.keys(web).length === 0) return {status: 0, body: new Uint8Array(), error: 'timed out'}
      if (typeof text === 'number') return {status: text, body: encodeUtf8('sorry')}
      return text === undefined ? {status: 404, body: encodeUtf8('not found')} : {status: 200, body: encodeUtf8(text)}
    },
    run(argv) {
      if (argv[0] === 'sh') {
        const lines = Object.entries(labels).map(([label, device]) => `${device}: LABEL="${label}" TYPE="iso9660"\n`)
        return {status: 0, stdout: lines.join('')}
      }
      if (argv[0] === 'mount') {
        const [, , type = '', , , device = ''] = argv
        if ((types[device] ?? 'iso9660') !== type || media[device] === undefined) return {status: 255, stdout: ''}
        for (const [name, content] of Object.entries(media[device])) host.put(`${place}/${name}`, {content})
      }
      if (argv[0] === 'umount')
        for (const path of [...host.entries.keys()]) if (path.startsWith(`${place}/`)) host.entries.delete(path)
      return {status: 0, stdout: ''}
    },
  })
  host.put('/run', {type: 'directory', mode: 0o755})
  host.put('/sys/class/dmi/id/sys_vendor', {content: `${firmware}\n`})
  for (const device of Object.keys(media))
    for (const path of [device, device.replace('/dev', '/sys/class/block')]) host.put(path, {})
  return host
}

const kept = (host: MemoryHost) =>
  Object.fromEntries(
    [...host.entries]
      .filter(([path, {type}]) => path.startsWith('/run/config/') && type === 'file' && !path.endsWith('/origins.json'))
      .map(([path]) => [path.slice('/run/config/'.length), host.read(path)]),
  )

const ec2 = 'http://169.254.169.254/latest'

test('Amazon is queried with a session token if it issues one', () => {
  const withToken = (text: string) => (options: FetchOptions) =>
    options.headers?.['X-aws-ec2-metadata-token'] === 'T' ? text : undefined
  const host = machine({
    firmware: 'Amazon EC2',
    web: {
      [`${ec2}/api/token`]: ({method}) => (method === 'PUT' ? 'T' : undefined),
      [`${ec2}/meta-data/local-hostname`]: withToken('ip-10-0-0-1.ec2.internal'),
      [`${ec2}/meta-data/instance-id`]: withToken('i-1'),
      [`${ec2}/meta-data/public-keys/`]: withToken('0=mine\n1=other'),
      [`${ec2}/meta-data/public-keys/0/openssh-key`]: withToken('ssh-rsa ONE mine\n'),
      [`${ec2}/meta-data/public-keys/1/openssh-key`]: withToken('ssh-rsa TWO other'),
      [`${ec2}/user-data`]: withToken('#cloud-config\nhostname: x\n'),
    },
  })
  expect(probeDataSources(host, ['aws'])).toEqual({provider: 'aws', problems: [], lost: []})
  expect(kept(host)).toEqual({
    provider: 'aws\n',
    userdata: '#cloud-config\nhostname: x\n',
    hostname: 'ip-10-0-0-1.ec2.internal\n',
    local_hostname: 'ip-10-0-0-1.ec2.internal\n',
    'ssh/authorized_keys': 'ssh-rsa ONE mine\nssh-rsa TWO other\n',
    instance_id: 'i-1\n',
  })
  expect(host.entries.get('/run/config/userdata')?.mode).toBe(0o600)
})

test('a service that looks like Amazon is not mistaken for it if the firmware names another cloud', () => {
  const hetzner = 'http://169.254.169.254/hetzner/v1'
  const host = machine({
    firmware: 'Hetzner',
    web: {
      [`${ec2}/meta-data/instance-id`]: 'i-fake',
      [`${hetzner}/metadata/instance-id`]: '42',
      [`${hetzner}/metadata/hostname`]: 'node',
      [`${hetzner}/metadata/public-keys`]: '["ssh-rsa KEY"]',
      [`${hetzner}/userdata`]: 'hostname: y',
    },
  })
  expect(probeDataSources(host, ['aws', 'hetzner']).provider).toBe('hetzner')
  expect(kept(host)).toMatchObject({userdata: 'hostname: y', 'ssh/authorized_keys': 'ssh-rsa KEY\n'})
  expect(host.requests.filter((url) => url.startsWith(ec2))).toEqual([])
})

test('a cloud that the firmware names is queried with retries, another one once', () => {
  const host = machine({firmware: 'Vultr'})
  expect(probeDataSources(host, ['vultr']).provider).toBeUndefined()
  expect(host.requests).toHaveLength(10)
  expect(host.sleptMs).toBe(9000)
  const other = machine({})
  probeDataSources(other, ['vultr'])
  expect(other.requests).toHaveLength(1)
})

test('without a cloud, there are no retries', () => {
  const host = machine({})
  probeDataSources(
    host,
    providers.map(({name}) => name),
  )
  // One for each address that may have a service, three for Amazon's.
  expect(host.requests).toHaveLength(17)
  expect(host.sleptMs).toBe(0)
})

/** Responds once with a status, then normally. */
function atFirst(status: number, then: (options: FetchOptions) => Answer): (options: FetchOptions) => Answer {
  let isFirst = true
  return (options) => {
    if (!isFirst) return then(options)
    isFirst = false
    return status
  }
}

test.each(['Amazon EC2', 'Xen HVM domU'])('a lost token is requested again: %s', (firmware) => {
  const locked = (text: string) => (options: FetchOptions) =>
    options.headers?.['X-aws-ec2-metadata-token'] === 'T' ? text : 401
  const host = machine({
    firmware,
    web: {
      [`${ec2}/api/token`]: atFirst(0, () => 'T'),
      [`${ec2}/meta-data/instance-id`]: locked('i-1'),
      [`${ec2}/user-data`]: locked('hostname: x'),
    },
  })
  expect(probeDataSources(host, ['aws'])).toEqual({provider: 'aws', problems: [], lost: []})
  expect(kept(host)).toMatchObject({userdata: 'hostname: x'})
})

const vultr = (userdata: (options: FetchOptions) => Answer): Web => ({
  'http://169.254.169.254/v1/instanceid': 'v1',
  'http://169.254.169.254/latest/user-data': userdata,
})

test.each([0, 429, 500, 503])('user data is requested again if the service first answers %s', (status) => {
  const host = machine({web: vultr(atFirst(status, () => 'hostname: x'))})
  expect(probeDataSources(host, ['vultr'])).toEqual({provider: 'vultr', problems: [], lost: []})
  expect(kept(host)).toMatchObject({userdata: 'hostname: x'})
  expect(host.sleptMs).toBe(1000)
  expect(isAsked(host)).toBe(true)
})

test.each([0, 403, 503])(
  'user data that cannot be fetched because of %s is reported, and requested again later',
  (status) => {
    let answer: Answer = status
    const host = machine({firmware: 'Vultr', web: vultr(() => answer)})
    const {provider, lost} = probeDataSources(host, ['vultr'])
    expect(provider).toBe('vultr')
    expect(lost).toEqual(['the user data of vultr could not be fetched'])
    expect(host.sleptMs).toBeLessThanOrEqual(9000)
    expect(isAsked(host)).toBe(false)

    answer = 'hostname: late'
    expect(probeDataSources(host, ['vultr']).lost).toEqual([])
    expect(isAsked(host)).toBe(true)
  },
)

test('a cloud without user data is not queried again', () => {
  const host = machine({web: vultr(() => 404)})
  expect(probeDataSources(host, ['vultr']).lost).toEqual([])
  expect(isAsked(host)).toBe(true)
})

test('a silent cloud that the firmware names is reported, and all its URLs share one limit of retries', () => {
  const host = machine({firmware: 'Amazon EC2'})
  expect(probeDataSources(host, ['aws']).lost).toEqual(['aws did not answer, although this machine runs there'])
  expect(host.sleptMs).toBe(9000)
  // At the addresses for IPv4 and IPv6.
  expect(host.requests).toHaveLength(24)
  expect(isAsked(host)).toBe(false)
})

test('the search continues until a source has user data, and keeps the values of the first source', () => {
  const host = machine({
    web: {'http://169.254.169.254/v1/instanceid': 'v1', 'http://169.254.169.254/v1/public-keys': 'ssh-rsa V'},
    media: {'/dev/sr0': {'user-data': 'hostname: cd'}},
  })
  expect(probeDataSources(host, ['vultr', 'cdrom']).provider).toBe('vultr')
  expect(kept(host)).toMatchObject({
    provider: 'vultr\n',
    userdata: 'hostname: cd',
    'ssh/authorized_keys': 'ssh-rsa V\n',
  })
})

test.each([
  ['ISO 9660', 'iso9660', 'cidata'],
  ['FAT', 'vfat', 'CIDATA'],
])('a disk with the label of NoCloud is found, in %s', (_, type, label) => {
  const host = machine({
    media: {
      '/dev/vdb': {'user-data': 'hostname: disk', 'meta-data': 'instance-id: i-7\nlocal-hostname: "seven" # ours\n'},
      '/dev/sr0': {'user-data': 'hostname: drive'},
    },
    labels: {[label]: '/dev/vdb'},
    types: {'/dev/vdb': type},
  })
  expect(probeDataSources(host, ['cdrom']).provider).toBe('cdrom')
  expect(kept(host)).toEqual({
    provider: 'cdrom\n',
    userdata: 'hostname: disk',
    hostname: 'seven\n',
    local_hostname: 'seven\n',
    instance_id: 'i-7\n',
  })
  expect(host.commands.at(-1)?.argv).toEqual(['umount', '/run/config/medium'])
})

test('a medium without user data, such as the boot medium, is not a source', () => {
  const host = machine({media: {'/dev/sr0': {'haos/system': 'x'}}})
  expect(probeDataSources(host, ['cdrom'])).toEqual({provider: undefined, problems: [], lost: []})
  expect(kept(host)).toEqual({})
})

test("user names are removed from Google's keys", () => {
  const gcp = 'http://metadata.google.internal/computeMetadata/v1'
  const google = machine({
    web: {
      [`${gcp}/instance/hostname`]: ({headers}) =>
        headers?.['Metadata-Flavor'] === 'Google' ? 'g.internal' : undefined,
      [`${gcp}/project/attributes/ssh-keys`]: 'me:ssh-rsa AAAA me@host\nyou:ssh-ed25519 BBBB',
    },
  })
  probeDataSources(google, ['gcp'])
  expect(kept(google)['ssh/authorized_keys']).toBe('ssh-rsa AAAA me@host\nssh-ed25519 BBBB\n')
  expect(kept(google)['hostname']).toBe('g.internal\n')
})

test.each(['config-2', 'CONFIG-2'])("OpenStack's drive, labelled %s, needs no network", (label) => {
  const stack = machine({
    labels: {[label]: '/dev/sr0'},
    media: {
      '/dev/sr0': {
        'openstack/latest/meta_data.json': '{"uuid": "u", "hostname": "os", "public_keys": {"k": "ssh-rsa OS\\n"}}',
        'openstack/latest/user_data': 'hostname: os2',
      },
    },
  })
  expect(probeDataSources(stack, ['openstack']).provider).toBe('openstack')
  expect(kept(stack)).toMatchObject({
    userdata: 'hostname: os2',
    'ssh/authorized_keys': 'ssh-rsa OS\n',
    instance_id: 'u\n',
  })
})

test('Scaleway is queried for user data from a privileged port, and an iPXE script is not user data', () => {
  const host = machine({
    web: {
      'http://169.254.42.42/conf?format=json':
        '{"id": "s", "hostname": "scw", "ssh_public_keys": [{"key": "ssh-rsa S"}]}',
      'http://169.254.42.42/user_data/cloud-init': ({localPort}) =>
        localPort === '1-1023' ? 'hostname: s' : undefined,
    },
  })
  probeDataSources(host, ['scaleway'])
  expect(kept(host)).toMatchObject({userdata: 'hostname: s', 'ssh/authorized_keys': 'ssh-rsa S\n'})

  const metal = machine({
    web: {
      'https://metadata.platformequinix.com/metadata':
        '{"id": "m", "network": {"addresses": [{"public": true, "address_family": 4, "address": "1.2.3.4"}]}}',
      'https://metadata.platformequinix.com/userdata': '#!ipxe\nboot',
    },
  })
  probeDataSources(metal, ['packet'])
  expect(kept(metal)).toEqual({provider: 'packet\n', instance_id: 'm\n', public_ipv4: '1.2.3.4\n'})
})

test('an unknown source is reported by name', () => {
  expect(probeDataSources(machine({}), ['azur']).problems).toEqual(['there is no data source "azur"'])
})
