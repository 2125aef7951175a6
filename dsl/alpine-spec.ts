import * as z from 'zod'
import {LocalPackage} from './local-package.ts'

/** What to do with the scripts of packages. */
export const AlpineScripts = z.enum(['known', 'run', 'skip'])

/** A system of Alpine packages. */
export const AlpineSpec = z.strictObject({
  kind: z.literal('alpine'),
  /** Branch of the repositories. Default: `v3.23`. */
  release: z
    .string()
    .regex(/^(?:v\d+\.\d+|edge)$/, 'must be a release such as "v3.23", or "edge"')
    .default('v3.23'),
  /**
   * What is wanted, as in `/etc/apk/world`: `name`, `name=1.2-r0`, `name>1`, `name~1.2`, `name@tag`, `!name`.
   * What it depends on comes with it. Also a file beside the recipe (`./agent.apk`).
   */
  packages: z.array(z.string().min(1)).default([]),
  /**
   * Repositories, the preferred one first, as in `/etc/apk/repositories`: an address, an absolute directory, or a path
   * below the mirrors such as `v3.23/main`; with `@tag ` before it for packages that are only taken by that tag.
   * Default: `main` and `community` of the release.
   */
  repositories: z
    .array(z.string().regex(/^(?:@\S+\s+)?[^@\s]\S*$/, 'must be "[@tag ]ADDRESS", as in /etc/apk/repositories'))
    .min(1)
    .optional(),
  /** Mirrors, the best first, as addresses or absolute directories. Default: Alpine's own. */
  mirrors: z
    .array(z.string().regex(/^(?:https?:\/\/|file:\/\/|\/)/, 'must be an address or an absolute path'))
    .optional(),
  /**
   * Host paths of the public keys one of which must have signed each index, or of directories that hold them.
   * Default: Alpine's own, by digest.
   */
  keys: z.array(z.string().startsWith('/', 'must be an absolute path')).min(1).optional(),
  /**
   * `known`: what the packages' scripts do is done without running them, and a script that is not known stops the build.
   * `run`: such a script is run, apart from this machine and without network; for a foreign architecture by qemu-user.
   * `skip`: scripts are left out, as by `apk --no-scripts`. Default: `known`.
   */
  scripts: AlpineScripts.default('known'),
  /** Digests of the files among the packages. Filled in when the recipe is read. */
  localPackages: z.array(LocalPackage).optional(),
})
export type AlpineSpec = z.output<typeof AlpineSpec>
