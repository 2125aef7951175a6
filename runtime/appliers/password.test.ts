import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'

/** A node whose chpasswd changes the shadow file, with another salt each time. */
function node() {
  let salt = 0
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    run(argv, _, self) {
      if (argv[0] === 'chpasswd') self.put('/etc/shadow', {content: `rancher:$6$${salt++}$hash:1::::::\n`, mode: 0o640})
      return {status: 0, stdout: ''}
    },
  })
  host.put('/etc/shadow', {content: 'rancher:*:1::::::\n', mode: 0o640})
  const apply = (password: string) => {
    const {actions} = applyPhase('initrd', {node: {password}}, {host, identity: deriveIdentity('haos'), version: '1'})
    return actions.map(({outcome}) => outcome)
  }
  return {host, apply}
}

test('a plain-text password is set once, although its hash differs each time', () => {
  const {apply} = node()
  expect([apply('pass'), apply('pass'), apply('other'), apply('other')]).toEqual([
    ['changed'],
    ['unchanged'],
    ['changed'],
    ['unchanged'],
  ])
})

test('a password that was changed since is set again', () => {
  const {host, apply} = node()
  apply('pass')
  host.put('/etc/shadow', {content: 'rancher:$6$x$mine:1::::::\n'})
  expect(apply('pass')).toEqual(['changed'])
})

test('the stored digest of a password is readable by root only, and not the password', () => {
  const {host, apply} = node()
  apply('hunter22')
  expect(host.entries.get('/run/haos/password.sha256')?.mode).toBe(0o600)
  expect(host.read('/run/haos/password.sha256')).toMatch(/^[0-9a-f]{64}$/)
})
