import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'
import type {Credentials} from './docker-credentials.ts'
import {noAnswer, registryError} from './registry-error.ts'

/** An answer with a token (Docker's "Token Authentication Specification"). */
const TokenAnswer = z.object({token: z.string().optional(), access_token: z.string().optional()})

export interface RegistryClientOptions {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
  /** Other repositories that may be read, to mount blobs from. */
  readonly alsoRead?: readonly string[]
  readonly credentials: Credentials | undefined
  /** http instead of https. */
  readonly isPlain: boolean
  readonly signal: AbortSignal
  /** Wait before the second try in milliseconds; doubled for each further one. Default: 500. */
  readonly backoffMs?: number
}

export interface RegistryRequest {
  readonly method: 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** Path below the repository, or the URL that an answer has named. */
  readonly to: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  /** What it is for, as the continuation of "the registry refused to". */
  readonly what: string
  /** Statuses that are answers. Any other is an error. */
  readonly expected: readonly number[]
  /** Tries after a broken connection. Default: 4; 1 for a request that must not be repeated as it is. */
  readonly tries?: number
  /** Whether the text of the answer is read. Default: false. */
  readonly wantsText?: boolean
}

export interface RegistryResponse {
  readonly status: number
  readonly headers: Headers
  /** URL of the header Location, which may be relative. */
  readonly location: string | undefined
  /** Empty unless it was wanted. */
  readonly text: string
}

/** Limit of one request, which moves at most one chunk: with 50 kB a second, 16 MiB take six minutes. */
const requestMs = 10 * 60_000

/** Sends requests to a repository: asks for tokens where the registry wants them, and again after failures that pass. */
export class RegistryClient {
  readonly registry: string
  readonly #options: RegistryClientOptions
  readonly #base: string
  #authorization: string | undefined

  constructor(options: RegistryClientOptions) {
    this.#options = options
    this.registry = options.registry
    this.#base = `${options.isPlain ? 'http' : 'https'}://${options.registry}/v2/${options.repository}`
  }

  /** Sends a request. Fails with REGISTRY_REFUSED. */
  async send(request: RegistryRequest): Promise<RegistryResponse> {
    const {registry, credentials} = this.#options
    const url = new URL(request.to.startsWith('http') ? request.to : `${this.#base}/${request.to}`)
    let response = await this.#fetch(url, request)
    if (response.status === 401) {
      const challenge = response.headers.get('www-authenticate')
      this.#authorization = challenge === null ? undefined : await this.#authorize(challenge)
      if (this.#authorization !== undefined) response = await this.#fetch(url, request)
    }
    const {status, headers} = response
    if (!request.expected.includes(status)) {
      const body = await response.text()
      throw registryError({registry, what: request.what, status, body, hasCredentials: credentials !== undefined})
    }
    const text = request.wantsText ? await response.text() : ''
    if (!request.wantsText) await response.body?.cancel()
    const location = headers.get('location')
    return {status, headers, text, location: location === null ? undefined : new URL(location, url).href}
  }

  async #fetch(url: URL, {method, headers, body, tries = 4}: RegistryRequest): Promise<Response> {
    const {registry, signal, backoffMs = 500} = this.#options
    for (let attempt = 1; ; attempt++) {
      const wait = () => sleep(backoffMs * 2 ** (attempt - 1), undefined, {signal})
      try {
        const response = await fetch(url, {
          method,
          // A proxy that compresses would change what a digest names.
          headers: {'accept-encoding': 'identity', ...this.#headersFor(url), ...headers},
          ...(body !== undefined && {body}),
          signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
        })
        const isBusy = response.status === 429 || response.status >= 500
        if (!isBusy || attempt >= tries) return response
        await response.body?.cancel()
      } catch (error) {
        signal.throwIfAborted()
        if (attempt >= tries) throw noAnswer(registry, `${url.origin}${url.pathname}`, error)
      }
      await wait()
    }
  }

  /** The authorization is for the registry, not for other hosts to which it sends uploads. */
  #headersFor(url: URL): Record<string, string> {
    return this.#authorization === undefined || url.host !== new URL(this.#base).host
      ? {}
      : {authorization: this.#authorization}
  }

  async #authorize(challenge: string): Promise<string | undefined> {
    const {credentials} = this.#options
    const basic =
      credentials !== undefined && 'user' in credentials
        ? `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
        : undefined
    if (!/^bearer /i.test(challenge)) return basic
    return `Bearer ${await this.#fetchToken(challenge, basic)}`
  }

  async #fetchToken(challenge: string, basic: string | undefined): Promise<string> {
    const {registry, repository, alsoRead = [], credentials, isPlain, signal} = this.#options
    const given = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
    const what = 'give a token'
    const refuse = (status: number, body: string) =>
      registryError({registry, what, status, body, hasCredentials: credentials !== undefined})
    const realm = given.get('realm')
    if (realm === undefined || !URL.canParse(realm)) throw refuse(401, '')
    const url = new URL(realm)
    // A password must not be sent in the clear because an answer says so.
    if (!isPlain && url.protocol !== 'https:') throw refuse(401, '')
    const query = new URLSearchParams()
    const service = given.get('service')
    if (service !== undefined) query.set('service', service)
    query.append('scope', `repository:${repository}:pull,push`)
    for (const name of alsoRead) query.append('scope', `repository:${name}:pull`)
    const isRefresh = credentials !== undefined && 'refreshToken' in credentials
    if (isRefresh) {
      query.set('grant_type', 'refresh_token')
      query.set('refresh_token', credentials.refreshToken)
      query.set('client_id', 'haos-build')
      // OAuth2 knows one scope, whose parts are separated by spaces.
      query.set('scope', query.getAll('scope').join(' '))
    } else for (const [name, value] of query) url.searchParams.append(name, value)
    const response = await fetch(url, {
      ...(isRefresh && {method: 'POST', body: query}),
      headers: basic === undefined ? {} : {authorization: basic},
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw noAnswer(registry, url.origin, error)
    })
    const text = await response.text()
    const answer = response.ok ? TokenAnswer.safeParse(parseJson(text)) : undefined
    const token = answer?.data?.token ?? answer?.data?.access_token
    if (token === undefined) throw refuse(response.status, text)
    return token
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
