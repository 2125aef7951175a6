import {type Host, renderStatus} from '../host/host.ts'
import {explainFailure, isAboutTime, waitForClock} from './clock.ts'
import {curlEnvironment, curlOptions} from './curl-options.ts'

/** Exit status of curl(1) if the server does not support ranges, so that a download cannot be resumed. */
const cannotResume = 33

export interface DownloadOptions {
  /** Variables for curl: those of a proxy. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Headers of the request, one per line. Curl reads them from its standard input: they may contain a secret. */
  readonly headers?: string | undefined
  readonly maxBytes: number
  /** Timeout of the whole download. */
  readonly timeoutSeconds: number
}

/**
 * Fetches a URL into a file; resumes a partial one, or restarts it where the server cannot. Returns the reason if that failed.
 *
 * Curl writes the file, because this program's memory is too small for it.
 */
export function resumeDownload(
  host: Host,
  url: string,
  file: string,
  {maxBytes, timeoutSeconds, headers, env}: DownloadOptions,
): string | undefined {
  const argv = [
    'curl',
    ...curlOptions(url, maxBytes),
    ...['--fail', '--continue-at', '-', '--write-out', '%{errormsg}'],
    ...['--retry', '5', '--retry-connrefused', '--connect-timeout', '20', '--max-time', String(timeoutSeconds)],
    ...(headers === undefined ? [] : ['--header', '@-']),
    ...['--output', file, url],
  ]
  const run = () => host.run(argv, {env: curlEnvironment(env), ...(headers !== undefined && {stdin: headers})})
  let result = run()
  if (isAboutTime(result.stdout) && waitForClock(host)) result = run()
  if (result.status === cannotResume) {
    host.remove(file)
    result = run()
  }
  const {status, stdout} = result
  if (status === 0) return undefined
  const reason = stdout.trim()
  return reason === '' ? `curl ${renderStatus(status)}` : `${explainFailure(reason)} (curl ${renderStatus(status)})`
}
