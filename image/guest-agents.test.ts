import {execaSync} from 'execa'
import {expect, test} from 'vitest'
import {debian, defineImage, file, type PartList, service} from '#dsl'
import {guestAgentParts} from './guest-agents.ts'

const pinned = (...names: readonly string[]) =>
  names.map((name) => ({name, version: '1', arch: 'amd64', path: `${name}.deb`, sizeBytes: 1, sha256: 'a'.repeat(64)}))

const specWith = (...parts: readonly PartList[]) =>
  defineImage({name: 'x', version: '1', base: debian(), parts}).resolve({set: {}})

const servicesOf = (installed: readonly string[], ...parts: readonly PartList[]) =>
  guestAgentParts(specWith(...parts), pinned(...installed)).map((part) => part.kind === 'service' && part.name)

test('a guest agent that is installed is a service, and one that is not is none', () => {
  expect(servicesOf(['openrc', 'bash', 'qemu-guest-agent', 'hvtools'])).toEqual(['qemu-guest-agent', 'hyperv-daemons'])
  expect(servicesOf(['openrc', 'bash'])).toEqual([])
  expect(servicesOf(['open-vm-tools'])).toEqual([])
})

test('a guest agent of which the recipe says something itself is left to the recipe', () => {
  const installed = ['openrc', 'qemu-guest-agent']

  expect(servicesOf(installed, service('qemu-guest-agent', {runlevel: 'boot'}))).toEqual([])
  expect(servicesOf(installed, file('/etc/init.d/qemu-guest-agent', {text: '#!'}))).toEqual([])
})

test('the service of a guest agent is a script that a shell reads, and does nothing where its hypervisor is not', () => {
  const [part] = guestAgentParts(specWith(), pinned('openrc', 'hyperv-daemons'))
  const script = part?.kind === 'service' ? (part.script ?? '') : ''
  const started = execaSync('sh', ['-eu'], {
    input: `RC_SVCNAME=hyperv-daemons\ndefault_start() { echo started; }\n${script}\nstart\necho "$command_args $pidfile"`,
  })

  expect(started.stdout).toBe('--no-daemon /run/hyperv-daemons.pid')
})
