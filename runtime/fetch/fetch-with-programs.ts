import type {FetchOptions, FetchResult, Host} from '../host/host.ts'
import {renderStatus} from '../host/host.ts'
import {curlEnvironment, curlOptions, isEncrypted, maxAnswerBytes} from './curl-options.ts'

const nothing = new Uint8Array()
/** Timeout of name resolution, connection and TLS handshake. Linux sends a SYN at 0, 1, 3 and 7 s (tcp(7)). */
const connectSeconds = 8

/**
 * Fetches with curl, or with busybox wget if the image has no curl.
 *
 * wget supports neither PUT nor a local port, checks no certificate, so that it is not used for https, and prints the status only in
 * its log.
 */
export function fetchWithPrograms(host: Host, url: string, options: FetchOptions & {scratch: string}): FetchResult {
  try {
    const result = withCurl(host, url, options)
    if (result !== undefined) return result
    if (isEncrypted(url))
      return refused('curl is not installed, and wget would not check the certificate of an https server')
    const isPlain = (options.method ?? 'GET') === 'GET' && options.localPort === undefined
    return isPlain ? withWget(host, url, options) : refused('curl is not installed')
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error))
  } finally {
    host.remove(options.scratch)
  }
}

const refused = (error: string): FetchResult => ({status: 0, body: nothing, error})

function withCurl(host: Host, url: string, options: FetchOptions & {scratch: string}): FetchResult | undefined {
  const {status, stdout} = host.run(
    [
      'curl',
      ...curlOptions(url, maxAnswerBytes),
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
      ...(options.isDirect ? ['--noproxy', '*'] : []),
      ...(options.text === undefined ? [] : ['--data-binary', '@-']),
      ...Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      '--',
      url,
    ],
    {env: curlEnvironment(options.env), ...(options.text !== undefined && {stdin: options.text})},
  )
  if (status === 127) return undefined
  const [code = '0', ...reason] = stdout.split(' ')
  if (status !== 0) return refused(reason.join(' ').trim() || `curl ${renderStatus(status)}`)
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
      ...(options.isDirect ? ['-Y', 'off'] : []),
      ...Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      '--',
      url,
    ],
    {env: curlEnvironment(options.env)},
  )
  if (/^\s*location:\s*https:/im.test(stdout))
    return refused('the server redirects to https, and wget would not check its certificate: curl is not installed')
  const codes = [...stdout.matchAll(/HTTP\/[\d.]+ (\d{3})/g)].map(([, code]) => Number(code))
  const code = codes.at(-1) ?? (status === 0 ? 200 : 0)
  if (code === 0) return refused(stdout.trim().split('\n').at(-1) || `wget ${renderStatus(status)}`)
  return {status: code, body: status === 0 ? (host.readBytes(options.scratch) ?? nothing) : nothing}
}
