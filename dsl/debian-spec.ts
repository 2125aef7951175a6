import * as z from 'zod'

/** A system of Debian packages. */
export const DebianSpec = z.strictObject({
  kind: z.literal('debian'),
  /** Release by its code name. Default: `trixie`. */
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must be the code name of a release, such as "trixie"')
    .default('trixie'),
  /** Package names, also as `name=version`; what they depend on comes with them. */
  packages: z.array(z.string().min(1)).default([]),
  /** Sections of the archive. Default: `main`. */
  components: z
    .array(z.enum(['main', 'contrib', 'non-free', 'non-free-firmware']))
    .min(1)
    .default(['main']),
  /** Take updates from `SUITE-updates` too. Default: true. */
  updates: z.boolean().default(true),
  /** Take security updates too. Default: true. */
  security: z.boolean().default(true),
  /** Mirrors, the best first. Default: those that apt of the machine that builds is set up with. */
  mirrors: z.array(z.url()).optional(),
  /** Mirrors of the security archive. Default: those of apt; where `mirrors` is given, each of them with `-security` appended. */
  securityMirrors: z.array(z.url()).optional(),
  /**
   * Where old versions are kept for ever, tried when every mirror has dropped a package; `{archive}` stands for
   * `debian` or `debian-security`. Default: none.
   */
  snapshot: z.url().optional(),
  /** Host path of the keys that sign the archive. Default: those of the package debian-archive-keyring. */
  keyring: z.string().startsWith('/', 'must be an absolute path').optional(),
})
export type DebianSpec = z.output<typeof DebianSpec>
