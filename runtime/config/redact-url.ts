/** A URL that may be shown: without user name and password, and without the query, in which tokens are given. */
export const redactUrl = (url: string): string => url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, '?…')
