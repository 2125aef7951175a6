import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'

test('keys whose servers do not answer share their retries, so that they do not delay Kubernetes one after another', () => {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
  })
  host.put('/etc/passwd', {content: 'rancher:x:1000:1000::/home/rancher:/bin/sh\n'})
  host.put('/home/rancher', {type: 'directory'})
  const config = {node: {}, ssh_authorized_keys: ['github:one', 'github:two', 'github:three']}
  const {problems} = applyPhase('runtime', config, {host, identity: deriveIdentity('haos'), version: '1'})

  expect(problems.filter(({path}) => path.startsWith('ssh_authorized_keys'))).toHaveLength(3)
  expect(host.requests).toHaveLength(8)
  expect(host.sleptMs).toBe(15_000)
})
