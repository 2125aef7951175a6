import {defineTool} from '#engine'

/**
 * Compresses standard input to standard output (RFC 1952), without a name or a time in the header.
 *
 * A program rather than Node's zlib, whose bytes change with Node's version while no cache key says so.
 */
export const gzip = defineTool<{readonly level: number}>({
  name: 'gzip',
  purpose: 'compress a tar archive',
  package: 'gzip',
  args: ({level}) => [`-${level}`, '--no-name', '--stdout'],
})
