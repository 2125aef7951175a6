/** The header for the user name and password of a URL; none if it has neither. */
export function basicAuthorization({username, password}: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {authorization: `Basic ${Buffer.from(credentials).toString('base64')}`}
}
