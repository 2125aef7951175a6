import {basicAuthorization} from './basic-authorization.ts'

/**
 * Sends a PUT and returns the status of the answer. Redirects are not followed. A user name and password in the URL are sent as
 * basic authentication.
 *
 * A blob has a length, which servers want to know before the bytes.
 */
export async function putBody(address: string, body: Blob, signal: AbortSignal): Promise<number> {
  const url = new URL(address)
  const headers = {'content-type': 'application/octet-stream', ...basicAuthorization(url)}
  url.username = ''
  url.password = ''
  const response = await fetch(url, {method: 'PUT', redirect: 'manual', headers, body, signal})
  await response.body?.cancel()
  return response.status
}
