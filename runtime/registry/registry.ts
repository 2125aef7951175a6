import type {oci} from '#layout'
import type {Host} from '../host/host.ts'
import {askRegistry, type RegistryAnswer} from './ask-registry.ts'
import {readCredentials} from './read-credentials.ts'

export interface RegistryOptions {
  /** File in the format of Docker's config.json. Default: anonymous. */
  readonly credentials: string | undefined
  /** Use http although the registry is another machine. */
  readonly plainHttp: boolean
  /** Variables of the config for the program that fetches: those of a proxy. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** An image in a registry. */
export type ImageReference = NonNullable<ReturnType<typeof oci.parseReference>>

/** A repository of a registry, as far as images are pulled from it. */
export interface Repository {
  /** URL of a manifest or blob. */
  url(kind: 'manifests' | 'blobs', reference: string): string
  /** Header with the authorization for pulling; undefined if none is wanted. Asked for anew: tokens last for minutes. */
  authorization(): string | undefined
  /** Fetches a small document. Throws with the registry's reason if it refuses. */
  get(kind: 'manifests' | 'blobs', reference: string, headers?: readonly string[]): RegistryAnswer
}

/** Opens a repository (OCI distribution specification 1.1; Docker's "Token Authentication Specification"). */
export function openRepository(
  host: Host,
  {registry, repository, isLocal}: ImageReference,
  {credentials, plainHttp, env}: RegistryOptions,
): Repository {
  const scheme = plainHttp || isLocal ? 'http' : 'https'
  const basic = credentials === undefined ? undefined : `Basic ${readCredentials(host, credentials, registry)}`
  const base = `${scheme}://${registry}/v2/${repository}`
  let challenge: string | undefined
  const authorization = (): string | undefined => {
    if (challenge === undefined) return undefined
    if (!/^bearer /i.test(challenge)) return basic
    return `Bearer ${fetchToken(host, challenge, {basic, repository, registry, scheme, env})}`
  }
  const get: Repository['get'] = (kind, reference, headers = []) => {
    const url = `${base}/${kind}/${reference}`
    const ask = () => {
      const value = authorization()
      return askRegistry(host, url, [...headers, ...(value === undefined ? [] : [`Authorization: ${value}`])], env)
    }
    let answer = ask()
    if (answer.status === 401 && challenge === undefined) {
      challenge = answer.header('www-authenticate')
      if (challenge !== undefined) answer = ask()
    }
    if (answer.status !== 200) throw refused(answer, url, basic !== undefined)
    return answer
  }
  return {url: (kind, reference) => `${base}/${kind}/${reference}`, authorization, get}
}

interface TokenRequest {
  readonly basic: string | undefined
  readonly repository: string
  readonly registry: string
  readonly scheme: string
  readonly env?: Readonly<Record<string, string>> | undefined
}

function fetchToken(host: Host, challenge: string, {basic, repository, registry, scheme, env}: TokenRequest): string {
  const given = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  const realm = given.get('realm') ?? ''
  if (!/^https?:\/\//.test(realm)) throw new Error(`${registry} wants a token and does not say from where`)
  if (scheme === 'https' && !realm.startsWith('https:'))
    throw new Error(`${registry} wants a token from ${realm}, which is not encrypted: it is not asked`)
  const service = given.get('service')
  const query = [
    ...(service === undefined ? [] : [`service=${encodeURIComponent(service)}`]),
    `scope=${encodeURIComponent(`repository:${repository}:pull`)}`,
  ].join('&')
  const url = `${realm}${realm.includes('?') ? '&' : '?'}${query}`
  const answer = askRegistry(host, url, basic === undefined ? [] : [`Authorization: ${basic}`], env)
  if (answer.status !== 200) throw refused(answer, url, basic !== undefined)
  const token = tokenIn(answer.body)
  if (token === undefined) throw new Error(`${realm} gave no token for ${registry}`)
  return token
}

function tokenIn(body: string): string | undefined {
  const value = parse(body)
  if (typeof value !== 'object' || value === null) return undefined
  return ['token', 'access_token'].map((key) => Reflect.get(value, key)).find((token) => typeof token === 'string')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a registry says of a refused request (OCI distribution specification, "Error Codes"). */
function refused({status, body}: RegistryAnswer, url: string, hasCredentials: boolean): Error {
  const value = parse(body)
  const errors: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'errors') : undefined
  const [first]: unknown[] = Array.isArray(errors) ? errors : []
  const said: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'message') : undefined
  const message = typeof said === 'string' && said !== '' ? `: ${said.slice(0, 300)}` : ''
  const next =
    status === 401 || status === 403
      ? hasCredentials
        ? '. Check the user and the password in the file of --credentials'
        : '. Give --credentials FILE'
      : status === 404
        ? '. Check name and tag'
        : ''
  return new Error(`${url} was refused with status ${status}${message}${next}`)
}
