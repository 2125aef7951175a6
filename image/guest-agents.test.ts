import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execaSync} from 'execa'
import {expect, test} from 'vitest'
import {debian, defineImage, file, type PartList, service} from '#dsl'
import {scratchDirectory} from '../test/scratch.ts'
import {guestAgentParts} from './guest-agents.ts'

const pinned = (...names: readonly string[]) =>
  names.map((name) => ({name, version: '1', arch: 'amd64', path: `${name}.deb`, sizeBytes: 1, sha256: 'a'.repeat(64)}))

const specWith = (...parts: readonly PartList[]) =>
  defineImage({name: 'x', version: '1', base: debian(), parts}).resolve({set: {}})

const servicesOf = (installed: readonly string[], ...parts: readonly PartList[]) =>
  guestAgentParts(specWith(...parts), pinned(...installed)).map((part) => part.kind === 'service' && part.name)

test('only an installed guest agent is a service', () => {
  expect(servicesOf(['openrc', 'bash', 'qemu-guest-agent', 'hvtools'])).toEqual(['qemu-guest-agent', 'hyperv-daemons'])
  expect(servicesOf(['openrc', 'bash'])).toEqual([])
  expect(servicesOf(['open-vm-tools'])).toEqual([])
})

test('a guest agent with a service in the recipe is left to the recipe', () => {
  const installed = ['openrc', 'qemu-guest-agent']

  expect(servicesOf(installed, service('qemu-guest-agent', {runlevel: 'boot'}))).toEqual([])
  expect(servicesOf(installed, file('/etc/init.d/qemu-guest-agent', {text: '#!'}))).toEqual([])
})

/** Runs a service's script as OpenRC would, up to what it would start. */
function startOf(name: string, {sys = '/sys'}: {readonly sys?: string} = {}): string {
  const [part] = guestAgentParts(specWith(), pinned('openrc', name))
  const script = part?.kind === 'service' ? (part.script ?? '') : ''
  const input = [
    `RC_SVCNAME=${name}`,
    'default_start() { echo "start $command_args"; }',
    'default_stop() { echo stop; }',
    script.replaceAll('/sys/', `${sys}/`),
    'start',
    'stop',
    'echo "$supervisor $pidfile"',
  ]
  return execaSync('sh', ['-eu'], {input: input.join('\n')}).stdout
}

test('the service of a guest agent does nothing under another hypervisor', () => {
  const empty = scratchDirectory()

  for (const name of ['qemu-guest-agent', 'open-vm-tools', 'hyperv-daemons'])
    expect(startOf(name, {sys: empty})).toBe(`supervise-daemon /run/${name}.pid`)
})

test('the agent of QEMU gets the port that has its name', () => {
  const sys = scratchDirectory()
  for (const [port, name] of Object.entries({vport1p1: 'com.redhat.spice.0', vport1p2: 'org.qemu.guest_agent.0'})) {
    mkdirSync(join(sys, 'class/virtio-ports', port), {recursive: true})
    writeFileSync(join(sys, 'class/virtio-ports', port, 'name'), `${name}\n`)
  }

  expect(startOf('qemu-guest-agent', {sys})).toMatch(/^start --method=virtio-serial --path=\/dev\/vport1p2\n/)
})
