import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {installNode} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'

type Options = Omit<Parameters<typeof installNode>[0], 'sha256' | 'disks'> & {
  readonly disks?: Parameters<typeof installNode>[0]['disks']
}

const disk = testDisk('/dev/vda')
const node = (options: Options = {}) =>
  installNode({
    disks: [disk],
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    ...options,
  })

test.each([
  ['two disks and no selector', {disks: [disk, testDisk('/dev/vdb')]}, [], '2 disks match'],
  ['no disk', {disks: []}, [], 'no such disk'],
  [
    'a symlink that udev made for two disks with the same serial number',
    {
      disks: [disk, testDisk('/dev/vdb')],
      links: {'/dev/vda': '/dev/disk/by-id/virtio-SAME', '/dev/vdb': '/dev/disk/by-id/virtio-SAME'},
    },
    ['--device', '/dev/disk/by-id/virtio-SAME'],
    '2 disks match',
  ],
  ['a missing disk', {}, ['--device', '/dev/sdq'], 'there is no disk /dev/sdq'],
  [
    'a disk that is too small',
    {disks: [testDisk('/dev/vda', {sizeBytes: 1e9})]},
    [],
    '/dev/vda is 953 MiB, which is too small: the system needs 1976 MiB',
  ],
  [
    'a disk of 3 TiB with an msdos table',
    {disks: [testDisk('/dev/vda', {sizeBytes: 3 * 2 ** 40})]},
    ['--partition-table', 'msdos'],
    '/dev/vda is 3145728 MiB, which is too large for an msdos partition table: that ends at 2097152 MiB\nUse the partition table gpt.',
  ],
  [
    'a disk of 3 TiB with an msdos table and an ISO from a server',
    {disks: [testDisk('/dev/vda', {sizeBytes: 3 * 2 ** 40})]},
    ['--partition-table', 'msdos', '--iso-url', 'https://h/haos.iso'],
    'too large for an msdos partition table',
  ],
  [
    'a terminal followed by another option',
    {},
    ['--tty', 'ttyS0 --device=/dev/sdb'],
    'install.tty: "ttyS0 --device=/dev/sdb" is not a terminal',
  ],
  [
    'an unreachable config',
    {},
    ['--config-url', 'http://10.0.2.2/c.yaml'],
    'could not be fetched from http://10.0.2.2/c.yaml: no route',
  ],
  ['a missing config', {}, ['--config-url', '/none.yaml'], 'there is no config /none.yaml'],
  [
    'a config with a mistake',
    {web: {'http://h/c.yaml': 'hostnam: x\n'}},
    ['--config-url', 'http://h/c.yaml'],
    'http://h/c.yaml:1:1: hostnam ',
  ],
  ['a config of the medium with a mistake', {config: 'haos: {taints: {}}\n'}, [], 'the config is not valid'],
  [
    'a mistake in how to install, though another config is installed,',
    {
      config: 'haos: {install: {no_formt: true, config_url: "http://h/c.yaml"}}\n',
      web: {'http://h/c.yaml': 'hostname: x\n'},
    },
    [],
    'haos.install.no_formt is not a known key',
  ],
  ['an installed system', {mode: 'disk'}, [], 'installed already'],
] satisfies [string, Options, string[], string][])(
  '%s ends the installation before anything is written',
  (_, options, flags, reason) => {
    const {install, changes, errors} = node(options)
    expect(install('--silent', ...flags)).toBe(1)
    expect(errors.join('\n')).toContain(reason)
    expect(changes()).toEqual([])
  },
)

test('a repeated option is refused', () => {
  const {install, errors, changes} = node()
  expect(install('--device=/dev/vda', '--device=/dev/vdb')).toBe(2)
  expect(errors.join('\n')).toContain('--device is given twice')
  expect(changes()).toEqual([])
})

test('an unknown option is refused with a list of the existing ones', () => {
  const {install, errors, changes} = node()
  expect(install('--devise', '/dev/vda')).toBe(2)
  expect(errors.join('\n')).toContain('--device DISK')
  expect(changes()).toEqual([])
})
