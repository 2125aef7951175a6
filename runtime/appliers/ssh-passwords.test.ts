import {expect, test} from 'vitest'
import {deriveIdentity, type NodeConfig} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'

const file = '/etc/ssh/sshd_config.d/80-passwords.conf'
const keys = '/home/rancher/.ssh/authorized_keys'
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s me'

/** A node whose SSH server runs. */
function node({directory = '/etc/ssh/sshd_config.d', running = true} = {}) {
  const commands: string[] = []
  const host = new MemoryHost({
    run: (argv) => {
      commands.push(argv.join(' '))
      return {status: 0, stdout: ''}
    },
    sha256: () => '',
  })
  host.put('/etc/passwd', {content: 'rancher:x:1000:1000::/home/rancher:/bin/sh\n'})
  host.put(`${directory}/90-node.conf`, {content: 'PasswordAuthentication no\n'})
  host.put('/home/rancher', {type: 'directory'})
  if (running) host.put('/run/sshd.pid', {content: '7\n'})
  const apply = (config: NodeConfig) => {
    applyPhase('runtime', config, {host, identity: deriveIdentity('haos'), version: '1'})
    return host.read(file)
  }
  return {host, apply, reloads: () => commands.filter((command) => command.endsWith('sshd reload')).length}
}

test('passwords log in over the network while one is set and there is no key, and the server hears of it', () => {
  const {apply, host, reloads} = node()

  expect(apply({node: {}})).toBeUndefined()
  expect(reloads()).toBe(0)
  expect(apply({node: {password: 'pass'}})).toBe('PasswordAuthentication yes\n')
  expect(apply({node: {password: 'pass'}})).toBe('PasswordAuthentication yes\n')
  expect(reloads()).toBe(1)
  expect(apply({node: {password: 'pass'}, ssh_authorized_keys: [key]})).toBeUndefined()
  expect(reloads()).toBe(2)
  // One that was there before, or was put there by hand, counts as well.
  expect(apply({node: {password: 'pass'}})).toBeUndefined()
  host.put(keys, {content: `# ${key}\n\n`})
  expect(apply({node: {password: 'pass'}})).toBe('PasswordAuthentication yes\n')
  expect(apply({node: {password: ''}})).toBeUndefined()
})

test('a server that does not run yet is not asked to read its settings, and one of somebody else is left alone', () => {
  const early = node({running: false})
  expect(early.apply({node: {password: 'pass'}})).toBe('PasswordAuthentication yes\n')
  expect(early.reloads()).toBe(0)
  expect(node({directory: '/etc/other'}).apply({node: {password: 'pass'}})).toBeUndefined()
})
