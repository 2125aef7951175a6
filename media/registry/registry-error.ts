import * as z from 'zod'
import {HaosError} from '#dsl'

/** What registries say of a refused request (OCI distribution specification, "Error Codes"). */
const RegistryErrors = z.object({errors: z.array(z.object({code: z.string(), message: z.string().optional()})).min(1)})

export interface Refusal {
  readonly registry: string
  /** What was asked for, as the continuation of "the registry refused to". */
  readonly what: string
  readonly status: number
  readonly body: string
  readonly hasCredentials: boolean
}

/** The error for a request that a registry refused, with its own reason. */
export function registryError({registry, what, status, body, hasCredentials}: Refusal): HaosError {
  return new HaosError(
    'REGISTRY_REFUSED',
    `${registry} refused to ${what}: ${reasonIn(body) ?? reasonOfStatus(status)}`,
    {
      at: registry,
      hint: hintFor(status, registry, hasCredentials),
    },
  )
}

/** An answer to HEAD has no body. */
const reasonOfStatus = (status: number): string => (status === 401 ? 'authentication required' : `status ${status}`)

function reasonIn(body: string): string | undefined {
  try {
    const [first] = RegistryErrors.parse(JSON.parse(body)).errors
    return first && `${first.message || first.code} (${first.code})`.slice(0, 300)
  } catch {
    return undefined
  }
}

function hintFor(status: number, registry: string, hasCredentials: boolean): string {
  if (status === 401 || status === 403)
    return hasCredentials
      ? 'Check that this user may push to the repository, and that the password has not expired.'
      : `Log in with \`docker login ${registry}\`, or name a file like Docker's config.json with --credentials.`
  if (status === 404) return 'Check the name: some registries want the repository to be created first.'
  if (status === 413) return 'Raise the size of a request that the registry, or the proxy in front of it, accepts.'
  if (status === 429 || status >= 500) return 'Run the same command again: what was pushed is not sent again.'
  return "Look at the registry's log."
}

/** The error for a registry that does not answer. */
export const noAnswer = (registry: string, url: string, error: unknown): HaosError =>
  new HaosError('REGISTRY_REFUSED', `no answer from ${registry}: ${reasonOf(error)}`, {
    at: url,
    hint: 'Check the name and the connection; run the same command again to resume. A registry without TLS needs --plain-http.',
    cause: error,
  })

/** fetch says only "fetch failed"; the reason is in the cause. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)
