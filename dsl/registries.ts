import * as z from 'zod/mini'
import {filledIn, notEmpty, oneLine, type TextRule, textThat} from './node-config/text.ts'

const hostFile = () =>
  textThat([
    (path) => /^\/[^\0\n]+$/.test(path),
    'must be an absolute path on the node',
    'Begin it with a slash, such as "/etc/ssl/registry.pem"; write_files can write the file.',
  ])

const url: TextRule = [
  (text) => /^https?:\/\/[^\s/]+/.test(text),
  'must be an http or https URL',
  'Begin it with "https://".',
]

/** Name or address, and port. */
const host: TextRule = [
  (text) => text === '' || !text.includes('/'),
  'must be a host and a port, without a path',
  'Write it as in "registry.example.com:5000".',
]

const text = (description: string) => z.optional(textThat(filledIn, oneLine).check(z.meta({description})))
const file = (description: string) => z.optional(hostFile().check(z.meta({description})))

const mirror = () =>
  z.strictObject({
    endpoint: z.optional(
      z
        .array(textThat(notEmpty, filledIn, url))
        .check(z.meta({description: 'URLs that are tried in order, before the registry itself.'})),
    ),
    rewrite: z.optional(
      z
        .record(z.string(), z.string())
        .check(z.meta({description: 'Other names of repositories, by regular expressions that match them.'})),
    ),
  })

const auth = () =>
  z.strictObject({
    username: text('Name of the user.'),
    password: text('Its password.'),
    auth: text('Name and password joined by a colon, in base64.'),
    identity_token: text('A token in their place.'),
  })

const tls = () =>
  z.strictObject({
    ca_file: file('Certificate of the authority to trust.'),
    cert_file: file('Certificate of the node.'),
    key_file: file('Its key.'),
    insecure_skip_verify: z.optional(
      z.boolean().check(z.meta({description: 'Accept any certificate. Default: false.'})),
    ),
  })

const registryConfig = () =>
  z.strictObject({
    auth: z.optional(auth().check(z.meta({description: 'Credentials.'}))),
    tls: z.optional(tls().check(z.meta({description: 'Files on the node.'}))),
  })

const registries = () =>
  z.strictObject({
    mirrors: z.optional(
      z.record(textThat(notEmpty), mirror()).check(
        z.meta({
          description: 'Mirrors by the registry that they stand for, such as `docker.io`; `*` stands for all others.',
        }),
      ),
    ),
    configs: z.optional(
      z
        .record(textThat(notEmpty, host), registryConfig())
        .check(z.meta({description: 'Credentials and certificates by host and port.'})),
    ),
  })
/**
 * Content of registries.yaml, with its own names (docs.k3s.io, "Private Registry Configuration"; the same for rke2). Lazy, as few
 * nodes have them.
 */
export const Registries = z.lazy(registries)
export type Registries = z.output<typeof Registries>
