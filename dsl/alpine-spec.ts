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
   * Packages to install, as in `/etc/apk/world`: `name`, `name=1.2-r0`, `name>1`, `name~1.2`, `name@tag`, `!name`.
   * Dependencies are included. Also a file next to the recipe (`./agent.apk`).
   */
  packages: z.array(z.string().min(1)).default([]),
  /**
   * Repositories, the preferred one first, as in `/etc/apk/repositories`: a URL, an absolute directory, or a path
   * below the mirrors such as `v3.23/main`; prefixed with `@tag ` for packages that only `name@tag` selects.
   * Default: `main` and `community` of the release.
   */
  repositories: z
    .array(z.string().regex(/^(?:@\S+\s+)?[^@\s]\S*$/, 'must be "[@tag ]URL", as in /etc/apk/repositories'))
    .min(1)
    .optional(),
  /** Mirrors, the preferred one first, as URLs or absolute directories. Default: Alpine's own. */
  mirrors: z.array(z.string().regex(/^(?:https?:\/\/|file:\/\/|\/)/, 'must be a URL or an absolute path')).optional(),
  /**
   * Host paths of public keys, or of directories that hold them; one of the keys must have signed each index.
   * Default: Alpine's own, pinned by digest.
   */
  keys: z.array(z.string().startsWith('/', 'must be an absolute path')).min(1).optional(),
  /**
   * `known`: haos-build does the work of the packages' scripts without running them, and an unknown script stops the build.
   * `run`: an unknown script runs in a sandbox without network; for a foreign architecture under qemu-user.
   * `skip`: scripts are ignored, as by `apk --no-scripts`. Default: `known`.
   */
  scripts: AlpineScripts.default('known'),
  /** Digests of the files among the packages. Filled in when the recipe is read. */
  localPackages: z.array(LocalPackage).optional(),
})
export type AlpineSpec = z.output<typeof AlpineSpec>
