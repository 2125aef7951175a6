import {explainFailure, isAboutTime, waitForClock} from '../fetch/clock.ts'
import {curlEnvironment, curlOptions, maxAnswerBytes} from '../fetch/curl-options.ts'
import {type Host, renderStatus} from '../host/host.ts'

/** An answer of a registry. */
export interface RegistryAnswer {
  readonly status: number
  /** Value of a header, by its name in lower case. */
  header(name: string): string | undefined
  readonly body: string
}

/** Sends a GET with curl, which drops the authorization when it is redirected to another host. Throws if there is no answer. */
export function askRegistry(
  host: Host,
  url: string,
  headers: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RegistryAnswer {
  const argv = [
    'curl',
    ...curlOptions(url, maxAnswerBytes),
    ...['--show-error', '--include', '--header', '@-'],
    ...['--retry', '3', '--connect-timeout', '20', '--max-time', '60'],
    url,
  ]
  const ask = () =>
    host.run(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv], {
      // Not as an argument, which every user could see.
      stdin: `${headers.join('\n')}\n`,
      env: curlEnvironment(env),
    })
  let answer = ask()
  if (answer.status !== 0 && isAboutTime(answer.stdout) && waitForClock(host)) answer = ask()
  const {status, stdout} = answer
  if (status !== 0) {
    const reason = stdout.trim().split('\n').at(-1)
    throw new Error(`${url} could not be fetched: ${explainFailure(reason || `curl ${renderStatus(status)}`)}`)
  }
  return parseAnswer(stdout)
}

/** Parses what curl prints with --include: the headers of each redirect, of the answer, and the body. */
function parseAnswer(text: string): RegistryAnswer {
  let head = ''
  let body = text
  while (/^HTTP\/[\d.]+ \d{3}/.test(body)) {
    const end = body.indexOf('\r\n\r\n')
    if (end < 0) break
    head = body.slice(0, end)
    body = body.slice(end + 4)
  }
  const headers = new Map(
    head.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':')
      return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const]
    }),
  )
  return {status: Number(/^HTTP\/[\d.]+ (\d{3})/.exec(head)?.[1] ?? 0), header: (name) => headers.get(name), body}
}
