import * as z from 'zod/mini'
import {filledIn, textThat} from './text.ts'

/** What a host name may be made of: facts of the machine, as `node-${serial}`. */
export const hostnamePlaceholders = ['mac', 'serial', 'uuid'] as const

/** As the name will be, with something of usual length for each fact. */
const filled = (name: string): string =>
  hostnamePlaceholders.reduce((text, fact) => text.replaceAll(`\${${fact}}`, 'x'.repeat(12)), name)

/** Name of the node. */
export const hostname = z.optional(
  textThat(
    [(name) => filledIn[0](filled(name)), filledIn[1], filledIn[2]],
    [
      (name) =>
        name === '' ||
        (filled(name).length <= 64 &&
          /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/.test(filled(name))),
      'must be a host name (RFC 1123)',
      'Use at most 64 letters, digits, "-" and ".", of which 63 between two dots.',
    ],
  ).check(
    z.meta({
      description:
        'Name of the node. DHCP does not change it. `${serial}`, `${uuid}` and `${mac}` stand for what the machine has, with "-" for what no name may hold and the address without its colons.',
      examples: ['node-1', 'node-${serial}'],
    }),
  ),
)
