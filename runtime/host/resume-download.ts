import {curlLimits} from './curl-limits.ts'
import type {Host, RunOptions} from './host.ts'

/** Exit status of curl(1) if the server does not support ranges, so that a download cannot be resumed. */
const cannotResume = 33

export interface DownloadOptions extends Pick<RunOptions, 'env' | 'output'> {
  /** Headers of the request, one per line. Curl reads them from its standard input: they may contain a secret. */
  readonly headers?: string | undefined
  readonly maxBytes: number
  /** Timeout of the whole download. */
  readonly timeoutSeconds: number
}

/**
 * Fetches a URL into a file; resumes a partial one, or restarts it where the server cannot. Returns curl's exit status.
 *
 * Curl writes the file, because this program's memory is too small for it.
 */
export function resumeDownload(
  host: Host,
  url: string,
  file: string,
  {maxBytes, timeoutSeconds, headers, ...output}: DownloadOptions,
): number {
  const argv = [
    'curl',
    ...['--fail', '--silent', '--show-error', '--globoff', '--location', '--continue-at', '-'],
    ...['--retry', '5', '--retry-connrefused', '--connect-timeout', '20', '--max-time', String(timeoutSeconds)],
    ...curlLimits(url, maxBytes),
    ...(headers === undefined ? [] : ['--header', '@-']),
    ...['--output', file, url],
  ]
  const options = {...output, ...(headers !== undefined && {stdin: headers})}
  const {status} = host.run(argv, options)
  if (status !== cannotResume) return status
  host.remove(file)
  return host.run(argv, options).status
}
