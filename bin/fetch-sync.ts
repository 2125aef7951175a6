import {spawnSync} from 'node:child_process'
import type {FetchOptions, FetchResult} from '#runtime'

/** As on a node. */
const maxAnswerBytes = 16 * 2 ** 20

/** As on a node, no redirect leads from https to http. */
const script = `
const {url, method, headers, timeoutMs, maxBytes} = JSON.parse(await new Response(process.stdin).text())
try {
  const signal = AbortSignal.timeout(timeoutMs)
  let place = url
  let answer
  for (let hops = 0; ; hops++) {
    answer = await fetch(place, {method, headers, signal, redirect: 'manual'})
    const location = answer.headers.get('location')
    if (answer.status < 300 || answer.status > 399 || location === null) break
    const next = new URL(location, place).href
    const wasSecure = place.startsWith('https:')
    if (hops === 10 || !next.startsWith(wasSecure ? 'https:' : 'http')) throw new Error('its redirect to ' + next + ' is refused')
    place = next
  }
  const tooLong = new Error('the answer is longer than ' + maxBytes + ' bytes')
  if (Number(answer.headers.get('content-length')) > maxBytes) throw tooLong
  const pieces = []
  let size = 0
  for await (const piece of answer.body ?? []) {
    size += piece.length
    if (size > maxBytes) throw tooLong
    pieces.push(piece)
  }
  process.stdout.write(answer.status + '\\n')
  process.stdout.write(Buffer.concat(pieces))
} catch (error) {
  process.stdout.write('0\\n' + (error.cause?.message ?? error.message), () => process.exit())
}`

/**
 * Fetches a URL and blocks until the answer, because appliers run in order. Node can block only on another
 * process. It uses the proxies of the given environment and of this process.
 */
export function fetchSync(
  url: string,
  {method = 'GET', headers = {}, timeoutSeconds = 30, env = {}}: FetchOptions,
): FetchResult {
  const {stdout, error} = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    input: JSON.stringify({url, method, headers, timeoutMs: timeoutSeconds * 1000, maxBytes: maxAnswerBytes}),
    env: {...process.env, ...env, NODE_USE_ENV_PROXY: '1'},
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 2 * maxAnswerBytes,
  })
  if (error) return {status: 0, body: new Uint8Array(), error: error.message}
  const end = stdout.indexOf('\n')
  const [status, body] = [Number(stdout.subarray(0, end).toString()), stdout.subarray(end + 1)]
  return status === 0 ? {status, body: new Uint8Array(), error: body.toString()} : {status, body}
}
