import {expect, test} from 'vitest'
import {MemoryHost} from '../host/memory.ts'
import {askRegistry} from './ask-registry.ts'

test('a registry whose certificate is not valid yet is asked again once a time server has set the clock', () => {
  const early = {status: 60, stdout: 'curl: (60) SSL certificate problem: certificate is not yet valid'}
  const answers = [early, {status: 0, stdout: ''}, {status: 0, stdout: 'HTTP/1.1 200 OK\r\n\r\n{}'}]
  const host = new MemoryHost({run: () => answers.shift() ?? early, sha256: () => ''})
  expect(askRegistry(host, 'https://registry.example.com/v2/', [])).toMatchObject({status: 200, body: '{}'})
  expect(host.commands[1]?.argv).toEqual(['/usr/libexec/after-clock', 'true'])
})
