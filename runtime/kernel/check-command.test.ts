import {expect, test} from 'vitest'
import {deriveIdentity, type KernelUser, kernelNeeds} from '#dsl'
import {runCommand} from '../cli/command-line.ts'
import {MemoryHost} from '../host/memory.ts'

const release = '6.99-test'
const table = (users: readonly KernelUser[], mayLack: readonly string[] = []) =>
  JSON.stringify({users, mayLack, needs: kernelNeeds})

/** A node whose kernel has these files. */
function node(files: Readonly<Record<string, string>>, gzipped = '') {
  const host = new MemoryHost({
    sha256: () => '',
    run: (argv) => ({status: argv[0] === 'gzip' ? 0 : 127, stdout: gzipped}),
  })
  host.put('/proc/sys/kernel/osrelease', {content: `${release}\n`})
  for (const [path, content] of Object.entries(files)) host.put(path, {content})
  return (...argv: string[]) => {
    const printed: string[] = []
    const print = (line: string) => void printed.push(line)
    const context = {host, identity: deriveIdentity('haos'), version: '1', print, printError: print}
    return {status: runCommand(['check', ...argv], context), printed}
  }
}

const needs = '/usr/lib/haos/kernel-needs.json'
const modules = `/lib/modules/${release}`

test('a kernel that has everything is fit, by its configuration and the modules of the image', () => {
  const run = node({
    [needs]: table(['flannel', 'wireguard']),
    [`/boot/config-${release}`]: 'CONFIG_VXLAN=m\nCONFIG_WIREGUARD=y\n',
    [`${modules}/modules.dep`]: 'kernel/drivers/net/vxlan/vxlan.ko.xz: kernel/net/ipv4/udp_tunnel.ko.xz\n',
  })
  expect(run()).toEqual({status: 0, printed: [`The kernel ${release} has what is needed by flannel, wireguard.`]})
})

test('what is missing has its reason and fix, and only what is required fails', () => {
  const run = node({
    [needs]: table(['flannel']),
    [`${modules}/config`]: 'CONFIG_VXLAN=m\nCONFIG_NET_SCH_FQ=m\n',
    [`${modules}/modules.dep`]: 'kernel/net/sched/sch_fq.ko:\n',
  })
  expect(run()).toEqual({
    status: 1,
    printed: [
      'required: CONFIG_VXLAN is the module vxlan, which this image does not contain, which flannel requires: without it, pods of different nodes do not reach each other',
      "  → Build the image with vxlan.ko: neither `kernel.omit` nor the packages may lack it, or choose another way between nodes, such as flannel's backend host-gw.",
    ],
  })
  expect(run('calico').printed).toContain(
    'recommended: CONFIG_NET_IPIP is off, which calico recommends: without it, Calico has no IP-in-IP tunnels',
  )
})

test('recommendations alone are no failure', () => {
  const run = node({
    [needs]: table([]),
    [`/boot/config-${release}`]: 'CONFIG_ISCSI_TCP=y\nCONFIG_BLK_DEV_SD=y\nCONFIG_XFS_FS=y\n',
  })
  const {status, printed} = run('longhorn')
  expect(status).toBe(0)
  expect(printed.filter((line) => line.startsWith('recommended: '))).toHaveLength(8)
})

test('the running kernel knows its configuration best', () => {
  const run = node(
    {[needs]: table(['wireguard']), '/proc/config.gz': 'packed', [`/boot/config-${release}`]: ''},
    'CONFIG_WIREGUARD=y\n',
  )
  expect(run().status).toBe(0)
})

test('without a configuration, the lists of modules decide, and what they cannot know is no failure', () => {
  const files = {[needs]: table([]), [`${modules}/modules.builtin`]: 'kernel/drivers/net/wireguard/wireguard.ko\n'}
  const run = node(files)
  expect(run('wireguard').status).toBe(0)
  expect(run('flannel').status).toBe(1)
  const {printed} = run('k3s', '--json')
  const {lacks} = JSON.parse(printed.join('\n'))
  expect(lacks[0]).toMatchObject({option: 'NAMESPACES', state: 'unknown'})
})

test('options that the recipe excepts do not count', () => {
  expect(node({[needs]: table(['wireguard'], ['WIREGUARD']), [`/boot/config-${release}`]: ''})().status).toBe(0)
})

test('unknown software and an image without the table are reported', () => {
  expect(node({[needs]: table([])})('cillium')).toEqual({
    status: 2,
    printed: ['haos: check knows no "cillium": it knows calico, cilium, flannel, k3s, longhorn, rke2, wireguard'],
  })
  expect(node({})()).toMatchObject({status: 1, printed: [expect.stringContaining(needs)]})
})
