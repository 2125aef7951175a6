import * as z from 'zod'
import {LocalPackage} from './local-package.ts'
import {Download, UrlText} from './part-schemas.ts'
import {Sha256} from './schema.ts'

/** A repository of Debian packages that is not Debian's own. */
export const DebianRepository = z.strictObject({
  /** Its URL: everything before `dists/`. */
  url: z.url({
    protocol: /^(?:https?|file)$/,
    error: 'must be a URL such as "https://packages.example.org/debian"',
  }),
  /** Its suite; one that ends in `/` is the path of a flat repository. Default: the system's. */
  suite: z
    .string()
    .regex(
      /^[A-Za-z0-9.][A-Za-z0-9./_-]*$/,
      'must be the name of a suite, such as "stable", or a path that ends in "/"',
    )
    .optional(),
  /** Its components. Default: `main`; a flat repository has none. */
  components: z.array(z.string().regex(/^[\w./-]+$/, 'must be the name of a component')).default(['main']),
  /** The key that signs it: a file, relative to the recipe, the armored text of the key, or `download({url, sha256})`. */
  key: z.union([z.string().min(1), UrlText, Download]),
  /** Digest of the key, if it is a file. Filled in when the recipe is read. */
  keySha256: Sha256.optional(),
})
export type DebianRepository = z.output<typeof DebianRepository>

/** A system of Debian packages. */
export const DebianSpec = z.strictObject({
  kind: z.literal('debian'),
  /** Release by its code name. Default: `trixie`. */
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must be the code name of a release, such as "trixie"')
    .default('trixie'),
  /** Package names, also as `name=version` or as a file next to the recipe (`./agent.deb`); dependencies are included. */
  packages: z.array(z.string().min(1)).default([]),
  /** Sections of the archive. Default: `main`. */
  components: z
    .array(z.enum(['main', 'contrib', 'non-free', 'non-free-firmware']))
    .min(1)
    .default(['main']),
  /** Repositories in addition to Debian's own, each with its key: apt chooses from all of them, the latest version first. */
  repositories: z.array(DebianRepository).optional(),
  /** Take updates from `SUITE-updates` too. Default: true. */
  updates: z.boolean().default(true),
  /** Take security updates too. Default: true. */
  security: z.boolean().default(true),
  /** Mirrors, the preferred one first. Default: those in the build machine's apt configuration. */
  mirrors: z.array(z.url()).optional(),
  /** Mirrors of the security archive. Default: those of apt; if `mirrors` is given, each of them with `-security` appended. */
  securityMirrors: z.array(z.url()).optional(),
  /**
   * Archive of all old versions, tried when every mirror has dropped a package; `{archive}` stands for
   * `debian` or `debian-security`. Default: none.
   */
  snapshot: z.url().optional(),
  /** Host path of the keys that sign the archive. Default: those of the package debian-archive-keyring. */
  keyring: z.string().startsWith('/', 'must be an absolute path').optional(),
  /** Digests of the files among the packages. Filled in when the recipe is read. */
  localPackages: z.array(LocalPackage).optional(),
})
export type DebianSpec = z.output<typeof DebianSpec>
