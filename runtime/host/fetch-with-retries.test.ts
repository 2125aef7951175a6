import {expect, test, vi} from 'vitest'
import {fetchWithRetries} from './fetch-with-retries.ts'
import {MemoryHost} from './memory.ts'

test('without a way to the internet a boot is not held for ten name servers that do not answer', () => {
  vi.useFakeTimers()
  const nobody = () => {
    vi.advanceTimersByTime(8000)
    return {status: 0, body: new Uint8Array(), error: 'no name server'}
  }
  const host = new MemoryHost({fetch: nobody, sha256: () => ''})
  const shared = {retries: 0}
  const ask = (url: string) => fetchWithRetries(host, url, {tries: 10, shared})
  expect(() => ask('https://one.example/a.keys')).toThrow('no name server')
  expect(host.requests).toHaveLength(2)
  // Of several URLs, each is asked once more.
  expect(() => ask('https://two.example/b.keys')).toThrow('no name server')
  expect(host.requests).toHaveLength(3)
  vi.useRealTimers()
})
