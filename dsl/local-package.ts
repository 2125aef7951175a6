import * as z from 'zod'
import {Sha256} from './schema.ts'

/** A package file next to the recipe, with its digest when the recipe is read. */
export const LocalPackage = z.strictObject({
  /** The recipe's name for it, such as `./agent.deb`. */
  path: z.string(),
  sha256: Sha256,
  sizeBytes: z.int().nonnegative(),
})
export type LocalPackage = z.output<typeof LocalPackage>

/** Whether a package is named by a path relative to the recipe, as apt and apk accept it too: `./agent.deb`, `../agent.apk`. */
export const isLocalPackage = (name: string): boolean => /^\.{1,2}\/.*\.(?:deb|apk)$/.test(name)
