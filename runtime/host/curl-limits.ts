/** Maximum size of a response that is read into memory. Configs, keys and cloud metadata are a few kB. */
export const maxAnswerBytes = 16 * 2 ** 20

/**
 * Arguments for curl(1) that limit a download: only http and https, at most ten redirects, none from https to http,
 * where an attacker on the network could answer instead, and at most `maxBytes`.
 */
export const curlLimits = (url: string, maxBytes: number): string[] => [
  ...['--proto', '=http,https', '--proto-redir', isEncrypted(url) ? '=https' : '=http,https'],
  ...['--max-redirs', '10', '--max-filesize', String(maxBytes)],
]

/** Whether a URL is an https one. */
export const isEncrypted = (url: string): boolean => /^https:/i.test(url)
