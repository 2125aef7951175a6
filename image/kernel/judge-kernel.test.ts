import {describe, expect, test} from 'vitest'
import {kernelNeeds, kernelUserNames} from '#dsl'
import {findAlpineRecord, findDebianRecord} from '../../test/kernel-record.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {judgeKernel} from './judge-kernel.ts'
import type {KernelDemands} from './kernel-demands.ts'
import type {KernelRecord} from './kernel-record.ts'

const generic = findDebianRecord('linux-image-amd64')
const cloud = findDebianRecord('linux-image-cloud-amd64')

/** Every need of every user, unless a test says otherwise. */
const demands = (some: Partial<KernelDemands> = {}): KernelDemands => ({
  users: [...kernelUserNames],
  omit: [],
  mayLack: [],
  ...some,
})

const labelOf = ({isRequired, path}: {isRequired: boolean; path: string}) =>
  `${isRequired ? 'required' : 'recommended'} ${path}`

test.for([
  ['generic', generic],
  ['cloud', cloud],
] as const)("Debian's %s kernel lacks nothing but netkit devices, which Linux has since 6.7", ([, found], {skip}) => {
  const {record, reason} = found
  if (record === undefined) return skip(reason)
  const findings = judgeKernel(record, demands())
  expect(findings.map(labelOf)).toEqual(record.version.startsWith('6.1.') ? ['recommended CONFIG_NETKIT'] : [])
})

describe.each(['linux-lts', 'linux-virt'])('%s of Alpine', (name) => {
  test('has what k3s, rke2 and flannel require', ({skip}) => {
    const {record, reason} = findAlpineRecord(name, scratchDirectory())
    if (record === undefined) return skip(reason)
    const findings = judgeKernel(record, demands({users: ['k3s', 'rke2', 'flannel']}))
    expect(findings.filter(({isRequired}) => isRequired)).toEqual([])
  })
})

/** A kernel without any of the options. */
const bare: KernelRecord = {version: '6.99', config: 'CONFIG_64BIT=y\n', modules: [], builtin: []}

test('a kernel without anything lacks every option of the table, each with its users, reason and fix', () => {
  const findings = judgeKernel(bare, demands())
  expect(findings).toHaveLength(kernelNeeds.flatMap(({options}) => Object.keys(options)).length)
  for (const {path, message, hint} of findings) {
    expect(path).toMatch(/^CONFIG_[A-Z0-9_]+$/)
    expect(message).toMatch(/^is off in the kernel 6\.99, which [\w ]+ (?:requires?|recommends?): without it, \S.*\S$/)
    expect(hint).toMatch(new RegExp(`^Choose a kernel that is built with ${path}(?:, or [a-z].*)?\\.$`))
  }
})

test('only the needs of the users of an image count', () => {
  expect(judgeKernel(bare, demands({users: ['wireguard']})).map(labelOf)).toEqual(['required CONFIG_WIREGUARD'])
  expect(judgeKernel(bare, demands({users: []}))).toEqual([])
})

const vxlan = (some: Partial<KernelRecord>): KernelRecord => ({
  version: '6.99',
  config: 'CONFIG_VXLAN=m\n',
  modules: [{path: 'kernel/drivers/net/vxlan/vxlan.ko.xz', sizeBytes: 1}],
  builtin: [],
  ...some,
})
const flannel = demands({users: ['flannel']})

test('what the recipe omits is named as such', () => {
  expect(judgeKernel(vxlan({}), flannel)).toEqual([])
  expect(judgeKernel(vxlan({}), {...flannel, omit: ['sound', 'drivers/net/vxlan/*']})).toEqual([
    {
      path: 'kernel.omit',
      message:
        'excludes vxlan with "drivers/net/vxlan/*", which flannel requires: without it, pods of different nodes do not reach each other',
      hint: 'Remove "drivers/net/vxlan/*" from `kernel.omit`, or choose another way between nodes, such as flannel\'s backend host-gw.',
      isRequired: true,
    },
  ])
})

test('a module that the packages do not contain is not there, whatever the configuration says', () => {
  expect(judgeKernel(vxlan({modules: []}), flannel)).toMatchObject([
    {
      path: 'CONFIG_VXLAN',
      message: expect.stringContaining('is the module vxlan, which the packages of the kernel 6.99 do not contain'),
      hint: expect.stringContaining('Add the package that contains vxlan.ko'),
    },
  ])
})

test('a module that is built in is there, with and without a configuration', () => {
  const builtin = ['kernel/drivers/net/vxlan/vxlan.ko']
  expect(judgeKernel(vxlan({config: 'CONFIG_VXLAN=y\n', modules: [], builtin}), flannel)).toEqual([])
  const {config: _, ...unconfigured} = vxlan({modules: [], builtin})
  expect(judgeKernel(unconfigured, flannel)).toEqual([])
})

test('without a configuration, options that are no modules are unknown, and fail no build', () => {
  const {config: _, ...unconfigured} = bare
  const [first] = judgeKernel(unconfigured, demands({users: ['k3s']}))
  expect(first).toMatchObject({
    path: 'CONFIG_NAMESPACES',
    message: expect.stringContaining('is unknown'),
    hint: 'Check the kernel yourself, and add "NAMESPACES" to `kernel.mayLack`.',
    isRequired: false,
  })
})

test('an option may be lacking if the recipe says so', () => {
  expect(judgeKernel(bare, {...flannel, mayLack: ['VXLAN']})).toEqual([])
})

test('the tables of nftables do the work of the old ones', () => {
  const record = (config: string, path: string) => ({...bare, config, modules: [{path, sizeBytes: 1}]})
  const filter = (kernel: KernelRecord, omit: string[] = []) =>
    judgeKernel(kernel, demands({users: ['k3s'], omit})).filter(({path}) => path === 'CONFIG_IP_NF_FILTER').length
  const nft = record('CONFIG_NFT_COMPAT=m\n', 'kernel/net/netfilter/nft_compat.ko')
  expect(filter(bare)).toBe(1)
  expect(filter(nft)).toBe(0)
  expect(filter(nft, ['net/netfilter'])).toBe(1)
})
