import {createHash} from 'node:crypto'
import {gunzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {fetchWithPrograms} from './fetch-with-programs.ts'
import {MemoryHost} from './memory.ts'

test('a host that lets nobody connect is given up long before a slow answer is', () => {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    gunzip: (content) => gunzipSync(content),
    run: () => ({status: 28, stdout: '000 Connection timed out'}),
  })
  const result = fetchWithPrograms(host, 'https://black.example/', {scratch: '/run/scratch'})
  const argv = host.commands[0]?.argv ?? []
  const after = (option: string) => argv[argv.indexOf(option) + 1]

  expect(result).toMatchObject({status: 0, error: 'Connection timed out'})
  expect(argv).toContain('--connect-timeout')
  expect([after('--connect-timeout'), after('--max-time')]).toEqual(['8', '30'])
})
