/** Bytes of an answer that is read into memory: configs, keys and what clouds say of a machine have some kB. */
export const maxAnswerBytes = 16 * 2 ** 20

/**
 * Words for curl(1) that keep a download within bounds: only the web, ten redirects, none of them from https to http, where
 * an attacker on the network could answer instead, and no more than a maximum of bytes.
 */
export const curlLimits = (url: string, maxBytes: number): string[] => [
  ...['--proto', '=http,https', '--proto-redir', isEncrypted(url) ? '=https' : '=http,https'],
  ...['--max-redirs', '10', '--max-filesize', String(maxBytes)],
]

/** Whether an address asks for an encrypted connection. */
export const isEncrypted = (url: string): boolean => /^https:/i.test(url)
