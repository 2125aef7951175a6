import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {HaosError, redactUrl} from '#dsl'
import {basicAuthorization} from './basic-authorization.ts'
import {followRedirects} from './follow-redirects.ts'
import type {Http, HttpOptions, HttpResponse} from './http.ts'
import {reasonOf} from './reason-of.ts'

export interface NodeHttpOptions {
  /** Refuse every request that would leave this machine, with OFFLINE. `file:` URLs still work. Default: false. */
  readonly offline?: boolean
  /** Attempts at one request before it counts as unanswered. Default: 4. */
  readonly tries?: number
  /** Wait before the second try in milliseconds; doubled for each further one. Default: 500. */
  readonly backoffMs?: number
  /** Milliseconds of silence, before an answer or within one, that count as a broken connection; less than 4 KiB in that time is silence. Default: 30 000, as in apt. */
  readonly stallMs?: number
}

/**
 * The real network: `http:` and `https:` over Node's fetch, and `file:`.
 *
 * Retries after a failed connection and after the answers of a busy server (408, 429, 5xx);
 * returns the last answer unchanged. Does not retry after a silent server. Redirects are followed, but never from
 * https to http. Obeys HTTP_PROXY, HTTPS_PROXY and NO_PROXY. A user name and password
 * in a URL are sent as basic authentication and never shown.
 */
export function nodeHttp(options: NodeHttpOptions = {}): Http {
  const {offline = false, tries = 4, backoffMs = 500, stallMs = 30_000} = options
  if (!offline) useProxies()
  return {
    async get(url, request = {}) {
      if (url.startsWith('file:')) return readLocal(url, request)
      if (offline) throw offlineError(url)
      for (let attempt = 1; ; attempt++) {
        const last = attempt >= tries
        try {
          const response = await ask(url, request, stallMs)
          if (last || !isBusy(response.status)) return response
          await response.body.return?.(undefined)
          await sleep(waitMs(response, backoffMs, attempt), undefined, request)
        } catch (error) {
          request.signal?.throwIfAborted()
          // Silence and refused redirects would recur.
          if (last || !isBrokenConnection(error)) throw unanswered(url, error)
          await sleep(backoffMs * 2 ** (attempt - 1), undefined, request)
        }
      }
    },
  }
}

/** Environment variables that name proxies, in both spellings that programs use. */
const proxyVariables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/** Node uses proxies only on request (Node 24.14 and later; earlier versions need NODE_USE_ENV_PROXY=1 at their start). */
function useProxies(): void {
  if (!proxyVariables.some((name) => process.env[name])) return
  // Not at the top: it takes Node 20 ms to load, for each command.
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv?.()
}

/** A response whose body can be discarded. */
interface NodeResponse extends HttpResponse {
  readonly body: AsyncGenerator<Uint8Array>
}

async function ask(address: string, {headers, signal, redirect}: HttpOptions, stallMs: number): Promise<NodeResponse> {
  const stall = new StallTimer(stallMs)
  const askOnce = (place: URL) => {
    const url = new URL(place)
    url.username = ''
    url.password = ''
    return fetch(url, {
      redirect: 'manual',
      // An archive must arrive as stored: its size and digest are those of the compressed bytes.
      headers: {'accept-encoding': 'identity', ...basicAuthorization(place), ...headers},
      signal: signal ? AbortSignal.any([signal, stall.signal]) : stall.signal,
    })
  }
  try {
    const url = new URL(address)
    const response = redirect === 'manual' ? await askOnce(url) : await followRedirects(url, askOnce)
    return {status: response.status, headers: Object.fromEntries(response.headers), body: pieces(response, stall)}
  } catch (error) {
    stall.stop()
    throw error
  }
}

async function* pieces({body}: Response, stall: StallTimer): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body ?? []) {
      stall.received(piece.length)
      yield piece
    }
  } finally {
    stall.stop()
  }
}

/** Bytes within the time of a {@link StallTimer} below which a connection counts as silent. */
const silenceBytes = 4096

/** Aborts a connection that has been silent for too long. */
class StallTimer {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #bytes = 0

  constructor(afterMs: number) {
    const seconds = Math.ceil(afterMs / 1000)
    this.#timer = setTimeout(() => {
      const what = this.#bytes === 0 ? 'no data arrived' : 'almost no data arrived'
      this.#controller.abort(new SilenceError(`${what} within ${seconds} s`))
    }, afterMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  received(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < silenceBytes) return
    this.#bytes = 0
    this.#timer.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

class SilenceError extends Error {}

/** fetch reports a failed connection as a TypeError; other errors are bugs. */
const isBrokenConnection = (error: unknown): boolean => error instanceof TypeError

const isBusy = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** The server's Retry-After (RFC 9110, 10.2.3: seconds), up to half a minute, or our own delay. */
function waitMs({headers}: HttpResponse, backoffMs: number, attempt: number): number {
  const asked = Number(headers['retry-after'])
  return asked > 0 ? Math.min(asked * 1000, 30_000) : backoffMs * 2 ** (attempt - 1)
}

/** A file as a response; ranges as RFC 9110 has them, so that a copy can be resumed too. */
async function readLocal(url: string, {headers = {}, signal}: HttpOptions): Promise<HttpResponse> {
  const path = fileURLToPath(url)
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  )
  if (size === undefined) return {status: 404, headers: {}, body: nothing()}
  const start = Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? 0)
  return {
    status: start > 0 ? 206 : 200,
    headers: {
      'content-length': String(size - start),
      ...(start > 0 && {'content-range': `bytes ${start}-${size - 1}/${size}`}),
    },
    body: createReadStream(path, {start, ...(signal && {signal})}),
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const offlineError = (url: string): HaosError =>
  new HaosError('OFFLINE', `${redactUrl(url)} is needed, but --offline forbids the network`, {
    at: redactUrl(url),
    hint: 'Run once without --offline: the store keeps downloads.',
  })

function unanswered(url: string, error: unknown): HaosError {
  return new HaosError('DOWNLOAD_FAILED', `no answer from ${redactUrl(url)}: ${reasonOf(error)}`, {
    at: redactUrl(url),
    hint: 'Check the URL and the connection; HTTP_PROXY and HTTPS_PROXY name a proxy.',
    cause: error,
  })
}
