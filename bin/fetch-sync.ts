import {spawnSync} from 'node:child_process'
import type {FetchOptions, FetchResult} from '#runtime'

const script = `
const {url, method, headers, timeoutMs} = JSON.parse(await new Response(process.stdin).text())
try {
  const answer = await fetch(url, {method, headers, signal: AbortSignal.timeout(timeoutMs)})
  const body = Buffer.from(await answer.arrayBuffer())
  process.stdout.write(answer.status + '\\n')
  process.stdout.write(body)
} catch (error) {
  process.stdout.write('0\\n' + (error.cause?.message ?? error.message))
}`

/**
 * Fetches a URL and waits for the answer, which appliers do because they run in order. Node can wait only for another
 * process. Proxies of the given environment and of ours are used.
 */
export function fetchSync(
  url: string,
  {method = 'GET', headers = {}, timeoutSeconds = 30, env = {}}: FetchOptions,
): FetchResult {
  const {stdout, error} = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    input: JSON.stringify({url, method, headers, timeoutMs: timeoutSeconds * 1000}),
    env: {...process.env, ...env, NODE_USE_ENV_PROXY: '1'},
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 256 * 1024 * 1024,
  })
  if (error) return {status: 0, body: new Uint8Array(), error: error.message}
  const end = stdout.indexOf('\n')
  const [status, body] = [Number(stdout.subarray(0, end).toString()), stdout.subarray(end + 1)]
  return status === 0 ? {status, body: new Uint8Array(), error: body.toString()} : {status, body}
}
