import {HaosError, redactUrl} from '#dsl'

/** Where a cache is, and what it is for. */
export interface CacheAddress {
  /** URL without a slash at its end. It may hold credentials. */
  readonly url: string
  /** The same without credentials, for messages. */
  readonly name: string
  /** Whether results are sent to it. */
  readonly writes: boolean
}

/** Parses `URL` or `URL,write`. Fails with USAGE_INVALID. */
export function parseCacheAddress(text: string): CacheAddress {
  const [, place = '', purpose] = /^(.*?)(?:,(\w*))?$/s.exec(text) ?? []
  if (purpose !== undefined && purpose !== 'write')
    throw invalid(text, `a cache is for reading, or for "write", not for "${purpose}"`)
  const url = URL.canParse(place) ? new URL(place) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw invalid(text, `${redactUrl(place) || 'nothing'} is not the URL of a cache`)
  if (!isDecodable(url)) throw invalid(text, 'the name or the password in the URL of a cache is not percent-encoded')
  if (url.search !== '' || url.hash !== '') throw invalid(text, 'the URL of a cache has no query and no fragment')
  const whole = url.href.replace(/\/+$/, '')
  return {url: whole, name: redactUrl(whole), writes: purpose === 'write'}
}

function isDecodable({username, password}: URL): boolean {
  try {
    return decodeURIComponent(username + password) !== undefined
  } catch {
    return false
  }
}

const invalid = (text: string, message: string): HaosError =>
  new HaosError('USAGE_INVALID', message, {
    at: `--cache ${redactUrl(text)}`,
    hint: 'Write it as https://HOST/PATH, or https://HOST/PATH,write to send results there, too.',
  })
