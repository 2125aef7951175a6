/** As many as curl(1) and browsers would be led on for at most some twenty; mirrors need two or three. */
const maxRedirects = 10

/** Asks one address and follows no redirect. */
export type AskOnce = (url: URL) => Promise<Response>

/**
 * Follows redirects (RFC 9110, 15.4) to their end.
 *
 * None leads from an encrypted connection to one that is not, nor to anything but the web: whoever sits on the way could answer
 * instead. The credentials of an address are for its own server: a redirect names its own or none. Throws a plain error
 * that says what was refused.
 */
export async function followRedirects(start: URL, ask: AskOnce): Promise<Response> {
  let url = start
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await ask(url)
    const location = response.headers.get('location')
    if (!isRedirect(response.status) || location === null) return response
    await response.body?.cancel()
    if (!URL.canParse(location, url.href)) throw new Error('the server sends us to an address that is none')
    const next = new URL(location, url)
    if (!isAllowed(url, next))
      throw new Error(`the server sends us from ${url.protocol}// to ${next.protocol}//, which is refused`)
    if (next.origin === url.origin && next.username === '') {
      next.username = url.username
      next.password = url.password
    }
    url = next
  }
  throw new Error(`the server sends us on more than ${maxRedirects} times`)
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

const isAllowed = (from: URL, to: URL): boolean =>
  to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
