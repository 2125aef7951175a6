import * as z from 'zod/mini'
import {filledIn, notEmpty, textThat} from './text.ts'

/** Encodings of `content`. Any letter case; none means text. */
export const fileEncodings = ['b64', 'base64', 'gz', 'gzip', 'gz+b64', 'gz+base64', 'gzip+b64', 'gzip+base64'] as const

/** Whether a mode without a leading zero would take from the owner what the group or others have: 420 is 0644 in decimal. */
function isDecimal(mode: string): boolean {
  if (!/^[1-7][0-7]{2}$/.test(mode)) return false
  const [owner = 0, group = 0, others = 0] = [...mode].map(Number)
  return ((group | others) & ~owner) !== 0
}

/** One file that the node writes for itself in each phase. */
export const NodeFile = z.lazy(() =>
  z.strictObject({
    path: textThat(
      notEmpty,
      filledIn,
      [
        (path) => path === '' || path.startsWith('/'),
        'must be absolute',
        'Begin it with a slash, such as "/etc/motd".',
      ],
      [
        (path) => !path.endsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
        'must name a file, without ".."',
        'Write the full path of the file.',
      ],
    ).check(z.meta({description: 'Path of the file on the node; parent directories are created.'})),
    content: z.optional(
      z
        .string()
        .check(z.meta({description: 'Content of the file, as text or in the given `encoding`. `!!binary` works too.'})),
    ),
    encoding: z.optional(
      textThat([
        (encoding) => encoding === '' || fileEncodings.some((known) => known === encoding.toLowerCase()),
        `must be one of ${fileEncodings.join(', ')}`,
        'Leave it out for plain text.',
      ]).check(z.meta({description: 'Encoding of `content`.', examples: ['b64', 'gzip', 'gz+b64']})),
    ),
    owner: z.optional(
      textThat([
        (owner) => /^(?:[^:\s]+(?::[^:\s]*)?)?$/.test(owner),
        'must be a user, or user:group',
        'Write a name or a number that exists in the image, such as "root:root".',
      ]).check(z.meta({description: 'Owner, as user or user:group. Default: root.', examples: ['root:root']})),
    ),
    permissions: z.optional(
      textThat(
        [
          (mode) => /^(?:0o?)?[0-7]{0,4}$/.test(mode),
          'must be octal digits',
          'Write them as for chmod(1), such as "0644".',
        ],
        [
          (mode) => !isDecimal(mode),
          'gives its owner less than others, as octal digits: it looks like a decimal number',
          'Write them as for chmod(1), such as "0644", which is 420 in decimal.',
        ],
      ).check(z.meta({description: 'Permission bits, in octal. Default: 0644.', examples: ['0644', '0755']})),
    ),
  }),
)
export type NodeFile = z.output<typeof NodeFile>

/** A Kubernetes manifest that is fetched at each boot and applied to the cluster. */
export const BootManifest = z.lazy(() =>
  z.strictObject({
    url: textThat(
      notEmpty,
      filledIn,
      [
        (url) => url === '' || /^https?:\/\/[^\s/]+/.test(url),
        'must be an http or https URL',
        'Begin it with "https://".',
      ],
      [
        (url) => url === '' || /^[^?#]*:\/\/[^/?#]+\/(?:[^?#]*\/)?(?!\.{1,2}(?:[?#]|$))[^/?#]+(?:[?#]|$)/.test(url),
        'must end in a file name',
        'The manifest is stored under the last part of the URL.',
      ],
    ).check(z.meta({description: 'URL of the manifest. The last part of its path becomes the name of the file.'})),
    sha256: z.optional(
      textThat([
        (digest) => /^(?:[0-9a-f]{64})?$/i.test(digest),
        'must be 64 hexadecimal digits (SHA-256)',
        'Use what `sha256sum` prints for the file.',
      ]).check(z.meta({description: 'SHA-256 of the file. A file with another digest is ignored.'})),
    ),
  }),
)
export type BootManifest = z.output<typeof BootManifest>
