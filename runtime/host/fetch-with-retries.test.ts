import {expect, test, vi} from 'vitest'
import {fetchWithRetries} from './fetch-with-retries.ts'
import {MemoryHost} from './memory.ts'

test('without a route to the internet, a boot does not wait for ten DNS timeouts', () => {
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
  // Each further URL gets one request.
  expect(() => ask('https://two.example/b.keys')).toThrow('no name server')
  expect(host.requests).toHaveLength(3)
  vi.useRealTimers()
})
