import {curlLimits, isEncrypted, maxAnswerBytes} from './curl-limits.ts'
import type {FetchOptions, FetchResult, Host} from './host.ts'
import {renderStatus} from './host.ts'

const nothing = new Uint8Array()
/** Timeout of name resolution, connection and TLS handshake. Linux sends a SYN at 0, 1, 3 and 7 s (tcp(7)). */
const connectSeconds = 8

/**
 * Fetches with curl, or with busybox wget if the image has no curl.
 *
 * wget supports neither PUT nor a local port, and prints the status only in its log.
 */
export function fetchWithPrograms(host: Host, url: string, options: FetchOptions & {scratch: string}): FetchResult {
  try {
    const result = withCurl(host, url, options)
    if (result !== undefined) return result
    return options.method === 'PUT' || options.localPort !== undefined
      ? {status: 0, body: nothing, error: 'curl is not installed'}
      : withWget(host, url, options)
  } catch (error) {
    return {status: 0, body: nothing, error: error instanceof Error ? error.message : String(error)}
  } finally {
    host.remove(options.scratch)
  }
}

function withCurl(host: Host, url: string, options: FetchOptions & {scratch: string}): FetchResult | undefined {
  const {status, stdout} = host.run(
    [
      'curl',
      '--silent',
      '--location',
      ...curlLimits(url, maxAnswerBytes),
      '--globoff',
      '--connect-timeout',
      String(connectSeconds),
      '--max-time',
      String(options.timeoutSeconds ?? 30),
      '--output',
      options.scratch,
      '--write-out',
      '%{http_code} %{errormsg}',
      '--request',
      options.method ?? 'GET',
      ...(options.localPort === undefined ? [] : ['--local-port', options.localPort]),
      ...Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      '--',
      url,
    ],
    options.env && {env: options.env},
  )
  if (status === 127) return undefined
  const [code = '0', ...reason] = stdout.split(' ')
  if (status !== 0) return {status: 0, body: nothing, error: reason.join(' ').trim() || `curl ${renderStatus(status)}`}
  return {status: Number(code), body: host.readBytes(options.scratch) ?? nothing}
}

function withWget(host: Host, url: string, options: FetchOptions & {scratch: string}): FetchResult {
  const {status, stdout} = host.run(
    [
      'sh',
      '-c',
      `ulimit -f ${maxAnswerBytes / 512}; exec busybox wget "$@" 2>&1`,
      'wget',
      '-S',
      '-T',
      String(options.timeoutSeconds ?? 30),
      '-O',
      options.scratch,
      ...Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      '--',
      url,
    ],
    options.env && {env: options.env},
  )
  if (isEncrypted(url) && /^\s*location:\s*http:/im.test(stdout))
    return {status: 0, body: nothing, error: 'the server redirects from https to http, which is refused'}
  const codes = [...stdout.matchAll(/HTTP\/[\d.]+ (\d{3})/g)].map(([, code]) => Number(code))
  const code = codes.at(-1) ?? (status === 0 ? 200 : 0)
  if (code === 0)
    return {status: 0, body: nothing, error: stdout.trim().split('\n').at(-1) || `wget ${renderStatus(status)}`}
  return {status: code, body: status === 0 ? (host.readBytes(options.scratch) ?? nothing) : nothing}
}
