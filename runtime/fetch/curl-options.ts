/** Maximum size of a response that is read into memory. Configs, keys and cloud metadata are a few kB. */
export const maxAnswerBytes = 16 * 2 ** 20

/**
 * Options of curl(1) for every request: only http and https, at most ten redirects, none from https to http, where an
 * attacker on the network could answer instead, and at most `maxBytes`.
 *
 * Certificates are checked against the authorities of the system, to which `ca_certs` of the config adds its own.
 */
export const curlOptions = (url: string, maxBytes: number): string[] => [
  ...['--silent', '--location', '--globoff'],
  ...['--proto', '=http,https', '--proto-redir', isEncrypted(url) ? '=https' : '=http,https'],
  ...['--max-redirs', '10', '--max-filesize', String(maxBytes)],
]

/** Whether a URL is an https one. */
export const isEncrypted = (url: string): boolean => /^https:/i.test(url)

/** Variables for curl(1), which ignores HTTP_PROXY: a server that runs CGI programs would set it from a header. */
export const curlEnvironment = (env: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const {HTTP_PROXY, http_proxy = HTTP_PROXY} = env
  return http_proxy === undefined ? env : {...env, http_proxy}
}
