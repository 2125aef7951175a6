/** Browsers follow at most about twenty redirects; mirrors need two or three. */
const maxRedirects = 10

/** Requests one URL and follows no redirect. */
export type RequestOnce = (url: URL) => Promise<Response>

/**
 * Follows redirects (RFC 9110, 15.4) to their end.
 *
 * A redirect never leads from an encrypted connection to a plain one, nor to other schemes: an attacker on the network could
 * answer instead. Credentials in a URL are only for its own server: a redirect names its own or none. Throws a plain error
 * that names the refused redirect.
 */
export async function followRedirects(start: URL, ask: RequestOnce): Promise<Response> {
  let url = start
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await ask(url)
    const location = response.headers.get('location')
    if (!isRedirect(response.status) || location === null) return response
    await response.body?.cancel()
    if (!URL.canParse(location, url.href)) throw new Error('the server redirects to an invalid URL')
    const next = new URL(location, url)
    if (!isAllowed(url, next))
      throw new Error(`the server redirects from ${url.protocol}// to ${next.protocol}//, which is refused`)
    if (next.origin === url.origin && next.username === '') {
      next.username = url.username
      next.password = url.password
    }
    url = next
  }
  throw new Error(`the server redirects more than ${maxRedirects} times`)
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

const isAllowed = (from: URL, to: URL): boolean =>
  to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
