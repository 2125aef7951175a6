import * as z from 'zod'

const hostFile = z.string().regex(/^\/[^\0\n]+$/, 'must be an absolute path on the node')

const Mirror = z.strictObject({
  /** URLs that are tried in order, before the registry itself. */
  endpoint: z.array(z.url()).optional(),
  /** Other names of repositories, by regular expressions that match them. */
  rewrite: z.record(z.string(), z.string()).optional(),
})

const RegistryConfig = z.strictObject({
  auth: z
    .strictObject({
      username: z.string().optional(),
      password: z.string().optional(),
      auth: z.string().optional(),
      identity_token: z.string().optional(),
    })
    .optional(),
  tls: z
    .strictObject({
      ca_file: hostFile.optional(),
      cert_file: hostFile.optional(),
      key_file: hostFile.optional(),
      insecure_skip_verify: z.boolean().optional(),
    })
    .optional(),
})

/** Content of registries.yaml, with its own names (docs.k3s.io, "Private Registry Configuration"; the same for rke2). */
export const Registries = z.strictObject({
  /** Mirrors by the registry that they stand for, such as `docker.io`; `*` stands for all others. */
  mirrors: z.record(z.string(), Mirror).optional(),
  /** Credentials and certificates by host and port. */
  configs: z.record(z.string(), RegistryConfig).optional(),
})
export type Registries = z.output<typeof Registries>
