import {defineTool} from '#engine'

/**
 * Compresses standard input to standard output (RFC 1952), without a name or a time in the header.
 *
 * A program rather than Node's zlib, whose output changes with Node's version, which no cache key includes.
 */
export const gzip = defineTool<{readonly level: number}>({
  name: 'gzip',
  purpose: 'compress a tar archive',
  package: 'gzip',
  args: ({level}) => [`-${level}`, '--no-name', '--stdout'],
})
