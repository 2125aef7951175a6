import {describe, expect, test} from 'vitest'
import {debian, defineImage, file, type ImageInput, kernelArgument, packages, user} from '#dsl'
import {plainVariant} from '#image'
import {type CloudName, cloudNames} from './cloud/clouds.ts'
import {cloudTarget} from './cloud/target.ts'
import {withDataSource} from './cloud/with-data-source.ts'
import {diskTarget} from './disk/target.ts'

const imageOf = (changes: Partial<ImageInput>) => ({
  spec: defineImage({name: 'edge', version: '1.0.0', base: debian(), identity: 'edgeos', ...changes}).resolve({
    set: {},
  }),
  arch: 'amd64' as const,
  variant: plainVariant,
})

const warningsOf = (changes: Partial<ImageInput>) => diskTarget({formats: ['qcow2']}).warnings?.(imageOf(changes))

test('a disk that nobody can log in to is reported, with the keys that would change that', () => {
  expect(warningsOf({})).toEqual([
    'edge-1.0.0-amd64.qcow2: nobody can log in, because config has no key, no password and no data source; ' +
      'give it ssh_authorized_keys, edgeos.password or edgeos.data_sources, or change the file with `haos-build remaster --config`',
  ])
  expect(warningsOf({config: {ssh_authorized_keys: []}})).toHaveLength(1)
  expect(warningsOf({parts: [user('me', {uid: 1001})]})).toHaveLength(1)
})

describe('a disk causes no warning with', () => {
  test.each<[string, Partial<ImageInput>]>([
    ['a key', {config: {ssh_authorized_keys: ['github:me']}}],
    ['a password of the recipe', {parts: [user('me', {uid: 1001, password: '$6$salt$hash'})]}],
    ['a file of keys', {parts: [file('/home/me/.ssh/authorized_keys', {text: 'ssh-ed25519 A\n'})]}],
    ['files that the config writes', {config: {write_files: [{path: '/x', content: 'x'}]}}],
    ['a password on the kernel command line', {parts: [kernelArgument('edgeos.password=x')]}],
  ])('%s', (_, changes) => {
    expect(warningsOf(changes)).toEqual([])
  })

  test.each(['password', 'data_sources'])('%s in the section of the product', (key) => {
    const value = key === 'password' ? 'x' : ['aws']
    const {spec, ...image} = imageOf({})

    expect(diskTarget().warnings?.({...image, spec: {...spec, config: {edgeos: {[key]: value}}}})).toEqual([])
  })
})

test('an image for a cloud gets keys and config from it, unless the recipe names data sources', () => {
  const sourcesFor = (name: CloudName) => withDataSource(imageOf({}), name).spec.config['edgeos']

  expect(cloudNames.map((name) => [name, sourcesFor(name)])).toEqual([
    ['aws', {data_sources: ['aws']}],
    ['gcp', {data_sources: ['gcp']}],
    ['azure', {data_sources: ['azure']}],
    ['openstack', {data_sources: ['openstack']}],
    ['hetzner', {data_sources: ['hetzner']}],
    ['digitalocean', {data_sources: ['digitalocean']}],
    ['proxmox', {data_sources: ['proxmox']}],
    ['vsphere', {data_sources: ['vmware']}],
    ['vagrant', undefined],
  ])
  const {spec, ...image} = imageOf({})
  const chosen = {...image, spec: {...spec, config: {edgeos: {token: 'x', data_sources: []}}}}
  expect(withDataSource(chosen, 'aws')).toBe(chosen)
  expect(cloudTarget('aws').warnings?.(imageOf({}))).toEqual([])
  expect(cloudTarget('aws').warnings?.(chosen)).toEqual([expect.stringMatching(/^edge-1\.0\.0-aws-amd64\.vmdk: /)])
})

test('an image for vSphere without the programs that ask it is reported', () => {
  expect(cloudTarget('vsphere').warnings?.(imageOf({}))).toEqual([
    'edge-1.0.0-vsphere-amd64.ova: the data source vmware asks by open-vm-tools, which the recipe does not name; ' +
      'add it to the packages, or set edgeos.data_sources',
  ])
  expect(cloudTarget('vsphere').warnings?.(imageOf({parts: [packages('open-vm-tools')]}))).toEqual([])
  expect(cloudTarget('vsphere').warnings?.(imageOf({base: debian({packages: ['open-vm-tools']})}))).toEqual([])
  const {spec, ...image} = imageOf({})
  const chosen = {...image, spec: {...spec, config: {edgeos: {data_sources: ['auto']}}}}
  expect(cloudTarget('vsphere').warnings?.(chosen)).toEqual([])
})
