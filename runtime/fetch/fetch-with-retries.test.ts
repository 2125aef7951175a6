import {expect, test, vi} from 'vitest'
import {MemoryHost} from '../host/memory.ts'
import {fetchWithRetries} from './fetch-with-retries.ts'

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

const answers = (...list: readonly (number | string)[]) => {
  const left = [...list]
  return () => {
    const next = left.length > 1 ? left.shift() : left[0]
    const status = typeof next === 'number' ? next : 0
    return {status, body: new Uint8Array(), ...(typeof next === 'string' && {error: next})}
  }
}
const hostThat = (fetch: ReturnType<typeof answers>, status = 0) =>
  new MemoryHost({fetch, sha256: () => '', run: () => ({status, stdout: ''})})

test('the pauses between requests grow to four seconds and end after fifteen', () => {
  const host = hostThat(answers(503))
  expect(() => fetchWithRetries(host, 'https://h/', {tries: 10})).toThrow('the server answered 503')
  expect(host.requests).toHaveLength(6)
  expect(host.sleptMs).toBe(15_000)
})

test.each([301, 400, 401, 403, 404, 410])('a status of %s is final', (status) => {
  const host = hostThat(answers(status))
  expect(() => fetchWithRetries(host, 'https://h/', {tries: 10})).toThrow(`the server answered ${status}`)
  expect(host.requests).toHaveLength(1)
})

const early = 'SSL certificate problem: certificate is not yet valid'

test('a certificate that is not valid yet is tried again once a time server has set the clock', () => {
  const host = hostThat(answers(early, 200))
  expect(fetchWithRetries(host, 'https://h/', {tries: 10})).toHaveLength(0)
  expect(host.commands.map(({argv}) => argv)).toEqual([['/usr/libexec/after-clock', 'true']])
})

test('without a time server, the time of the clock is part of the reason, and there is no second wait', () => {
  const host = hostThat(answers(early))
  host.put('/run/clock-was-waited-for', {})
  expect(() => fetchWithRetries(host, 'https://h/', {tries: 10})).toThrow(
    /not yet valid\. The clock of this node says \d{4}-\d\d-\d\d \d\d:\d\d UTC/,
  )
  expect(host.requests).toHaveLength(1)
  expect(host.commands).toEqual([])
})
